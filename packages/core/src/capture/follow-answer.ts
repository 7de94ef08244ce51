import type { Connection } from './answer/answer-source.ts';
import { createAnswerWatch } from './answer/answer-watch.ts';
import type { AnswerWatch, WatchSurroundings } from './answer/answer-watch.ts';
import type { Grace } from './answer/grace-reads.ts';
import { followNodeAnswer, isNodeBody } from './answer/node-answer.ts';
import { createUnreadAnswers } from './answer/unread-answers.ts';
import type { HeldAnswer, UnreadAnswers } from './answer/unread-answers.ts';
import { followWebAnswer } from './answer/web-answer.ts';
import type { AnswerOptions, FollowedAnswer } from './answer/web-answer.ts';
import type { SentAttempt, SentAttempts } from './attempt/sent-attempts.ts';
import type { CaptureOptions } from './capture-options.ts';
import type { AnswerReader } from './payloads/answer-reader.ts';
import { createBatchLines } from './payloads/batch-lines.ts';
import type { BatchLine } from './payloads/batch-lines.ts';
import type { BodyLook } from './payloads/body-look.ts';
import { createJsonCollector } from './payloads/json-collector.ts';
import { createLookByFirstByte } from './payloads/look-by-first-byte.ts';
import { readHeader } from './platform/request-headers.ts';
import { thawedTwinOf } from './platform/response-twin.ts';
import { answerToHandOn, readsBodiesNatively } from './platform/runtime.ts';
import type { Injected } from './request/injection.ts';
import type { Call } from './request/prepare-call.ts';
import type { SignalRelay } from './request/signal-relay.ts';

/**
 * The answer's headers are here: finds the way to follow its body, or ends the attempt. Does not throw.
 *
 * @param injected - What was put into the request, and is to be hidden in return.
 * @returns The answer for the host.
 */
export type FollowAnswer<Reader extends AnswerReader> = (
  attempt: SentAttempt<Reader>,
  call: Call,
  response: Response,
  injected: Injected | undefined,
) => Response;

/** The answers that are followed. */
export interface FollowedAnswers<Reader extends AnswerReader> extends Pick<
  UnreadAnswers<FollowedAnswer, SentAttempt<Reader>>,
  'dropUntouched'
> {
  readonly follow: FollowAnswer<Reader>;
}

export function createFollowAnswer<Reader extends AnswerReader>(
  options: CaptureOptions<Reader>,
  attempts: SentAttempts<Reader>,
): FollowedAnswers<Reader> {
  type Followed = SentAttempt<Reader>;
  const { listener, onFault } = options;
  const unread = createUnreadAnswers<FollowedAnswer, Followed>(
    (attempt) => attempts.end(attempt, 'unread'),
    options.endOfProcess,
  );
  const watching: WatchSurroundings<Followed, AnsweredCall> = {
    clock: options.clock,
    drains: options.drains,
    left: attempts.left,
    end: (attempt, outcome, { relay }, at) => attempts.end(attempt, outcome, relay, at),
    isAborted: ({ signal }) => signal?.aborted === true,
    // openai 7 times the body of a plain answer as well.
    isTimedOut: (attempt, call) => attempts.isTimedOut(attempt, call, !attempt.streamed),
    onFault,
  };

  return { follow, dropUntouched: unread.dropUntouched };

  function follow(attempt: Followed, call: Call, response: Response, injected: Injected | undefined): Response {
    try {
      const { headers, status } = response;
      attempt.status = status;
      attempt.requestId = readHeader(headers, 'x-request-id');
      attempt.generationId = readHeader(headers, 'x-generation-id');
      attempt.reportedUsd = readHeader(headers, 'x-litellm-response-cost');
      if (!response.ok) attempts.end(attempt, status >= 400 && status < 500 ? 'refused' : 'failed', call.relay);
      else {
        const followed = followBody(attempt, call, response, injected);
        if (followed !== undefined) return answerToHandOn(followed);
        attempts.end(attempt, 'completed', call.relay);
      }
    } catch (error) {
      onFault(error);
      // What cannot be followed shows what was asked for; not once more.
      if (injected !== undefined && call.injection !== undefined) options.injection.unwanted(call.injection);
      attempts.end(attempt, 'completed', call.relay);
    }
    return response;
  }

  /** Returns the answer for the host; nothing where there is no body to follow: none, or one that cannot carry usage. */
  function followBody(
    attempt: Followed,
    call: Call,
    response: Response,
    injected: Injected | undefined,
  ): Response | undefined {
    const { body } = response;
    if (body === null || body === undefined || response.status === 204) return undefined;
    const type = readHeader(response.headers, 'content-type') ?? '';
    const isDownload = attempt.kind === 'download';
    // Nearly all plain answers say it in these very words: a search for each kind costs more than to ask for them first.
    const isJson = type === 'application/json';
    attempt.streamed = !isDownload && !isJson && (/event-stream/i.test(type) || (call.streams && !/json/i.test(type)));
    if (!isDownload && !attempt.streamed && !isJson && !/json/i.test(type)) return undefined;
    if (typeof body.getReader !== 'function' && !isNodeBody(body)) return undefined;
    const mayBeEvents = attempt.streamed || (call.streams && !isDownload);
    const hide = mayBeEvents ? (injected?.hide ?? 'nothing') : 'nothing';
    // Streams are not retried once they have begun.
    if (mayBeEvents) attempt.retryKey = undefined;
    const { relay } = call;
    const watched = mayBeEvents ? new Answered(call) : call;
    const look = mayBeEvents ? createLookByFirstByte(attempt, hide) : lookAt(attempt);
    const watch = createAnswerWatch(attempt, watched, look, watching);
    const answer = new Following(watch, options.grace, hide !== 'nothing' || readsBodiesNatively(), relay ?? plain);
    const isWeb = !isNodeBody(body);
    const shown = isWeb && !Object.isExtensible(response) ? thawedTwinOf(response) : response;
    const followed = isWeb ? followWebAnswer(shown, body, answer) : followNodeAnswer(response as never, body, answer);
    const held = unread.hold(followed, attempt);
    attempt.held = held;
    attempt.relay = relay;
    if (relay !== undefined) relay.onAbort(passTo(held, relay));
    return shown;
  }

  function lookAt(attempt: Followed): BodyLook {
    if (attempt.kind === 'download') return createBatchLines((line) => tellLine(attempt, line));
    return createJsonCollector(attempt.reader);
  }

  function tellLine(attempt: Followed, line: BatchLine): void {
    try {
      listener.batchLine(attempt, line);
    } catch (error) {
      onFault(error);
    }
  }
}

/** What is still needed of a call that is answered. */
type AnsweredCall = Pick<Call, 'relay' | 'init' | 'signal' | 'client'>;

/** A stream may stay open for long: nothing of its prompt does. A class, for there is one of these per stream. */
class Answered implements AnsweredCall {
  readonly relay: SignalRelay | undefined;
  readonly signal: Call['signal'];
  readonly init = nothingOfIt;
  readonly client = undefined;

  constructor({ relay, signal }: Call) {
    this.relay = relay;
    this.signal = signal;
  }
}

const nothingOfIt: RequestInit = {};

/** A class, for there is one of these per answer; see ADR 0011. */
class Following implements AnswerOptions {
  readonly watch: AnswerWatch;
  readonly grace: Grace;
  readonly ownBody: boolean;
  readonly connection: Connection;

  constructor(watch: AnswerWatch, grace: Grace, ownBody: boolean, connection: Connection) {
    this.watch = watch;
    this.grace = grace;
    this.ownBody = ownBody;
    this.connection = connection;
  }
}

/** A plain answer is never left for its usage: its connection is the host's own. */
const plain: Connection = { disconnect: () => {} };

/** Module level, so that it holds the answer as weakly as it is held, and nothing else of it. */
function passTo(answer: HeldAnswer<FollowedAnswer>, relay: SignalRelay): (reason: unknown) => void {
  return (reason) => {
    const followed = answer.deref();
    if (followed === undefined) relay.abort(reason);
    else followed.abort(reason);
  };
}
