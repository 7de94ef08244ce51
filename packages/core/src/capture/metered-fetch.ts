import type { GraceLimits } from './answer-source.ts';
import { createAnswerWatch } from './answer-watch.ts';
import type { BodyLook } from './answer-watch.ts';
import type { AnswerReader, Attempt as OpenAttempt, AttemptListener, AttemptOutcome } from './attempt.ts';
import { createBatchLines } from './batch-lines.ts';
import type { GenerationLookup, LookupAccess } from './generation-lookup.ts';
import type { HidePolicy } from './hide-usage.ts';
import type { Injected, Injection } from './injection.ts';
import { createJsonCollector } from './json-collector.ts';
import { followNodeAnswer, isNodeBody } from './node-answer.ts';
import { prepareCall } from './prepare-call.ts';
import type { Call } from './prepare-call.ts';
import { changeHeaders, readHeader } from './request-headers.ts';
import { createRetryChain } from './retry-chain.ts';
import type { RetryKey } from './retry-chain.ts';
import { answerToHandOn, readsBodiesNatively } from './runtime.ts';
import type { SignalRelay } from './signal-relay.ts';
import { createUsageFilter } from './usage-filter.ts';
import { createUnreadAnswers } from './unread-answers.ts';
import type { HeldAnswer } from './unread-answers.ts';
import { followWebAnswer } from './web-answer.ts';
import type { FollowedAnswer } from './web-answer.ts';
import { withoutTurn } from './without-turn.ts';
import type { BareRequest } from './without-turn.ts';

/** The header that carries the handle of a turn; taken off every request before it leaves. */
export const turnHeader = 'x-kilotoken-turn';

/** What capture needs of the meter. */
export interface CaptureOptions<Reader extends AnswerReader> {
  readonly clock: () => Date;
  /** Makes a time-ordered id for an attempt that starts now. */
  readonly newId: (startedAt: Date) => string;
  readonly createReader: () => Reader;
  /** Prepares a guess at the input tokens of a request, for a stream that may be cut; called once per stream. */
  readonly estimateRequest: (body: string) => (() => number) | undefined;
  readonly listener: AttemptListener<Reader>;
  readonly injection: Injection;
  readonly grace: GraceLimits;
  /** Whether a stream that is left early is read on within the grace limits, however far it has got. */
  readonly drains: boolean;
  /** Asks the provider for a usage that an answer did not carry. */
  readonly lookup: GenerationLookup | undefined;
  /** The turn the running code belongs to, where no header names one. */
  readonly currentTurn: () => string | undefined;
  /** Whether to read what a request says of whose it is. */
  readonly readsHints: boolean;
  /** Told of an error in the metering itself; the call goes on unseen. */
  readonly onFault: (error: unknown) => void;
}

/** Puts metering around one `fetch`; see {@link createCapture}. */
export interface Capture {
  /** The metered self of a `fetch`; one that is metered already is returned as it is. */
  fetch(inner: typeof fetch): typeof fetch;
}

/**
 * Builds the wrapper that makes one record of every HTTP attempt on an endpoint with usage, and changes nothing the
 * host can see. Requests on other addresses pass.
 */
export function createCapture<Reader extends AnswerReader>(options: CaptureOptions<Reader>): Capture {
  /** With what only capture needs; all of it is let go of at the end, for it holds the request and the answer. */
  type Attempt = OpenAttempt<Reader> & {
    retryKey: RetryKey | undefined;
    access: LookupAccess | undefined;
    held: HeldAnswer<FollowedAnswer> | undefined;
  };
  const { clock, listener, injection, onFault } = options;
  const retries = createRetryChain();
  const unread = createUnreadAnswers<FollowedAnswer, Attempt>((attempt) => end(attempt, 'unread'));
  const watching = {
    clock,
    drains: options.drains,
    end: (attempt: Attempt, outcome: AttemptOutcome, { relay }: Call, at?: Date) => end(attempt, outcome, relay, at),
    isAborted: ({ signal }: Call) => signal?.aborted === true,
    // openai 7 times the body of a plain answer as well.
    isTimedOut: (attempt: Attempt, call: Call) => timedOut(attempt, call, !attempt.streamed),
    onFault,
  };

  const capture: Capture = { fetch: meter };
  return capture;

  function meter(inner: typeof fetch): typeof fetch {
    if (captureOf(inner) !== undefined) return inner;
    const metered = (input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
      let call: Call | undefined;
      let bare: BareRequest = { input, init, handle: undefined };
      try {
        if (init !== undefined && underway in init) return inner(input, init);
        bare = withoutTurn(input, init, turnHeader);
        call = prepareCall(bare, options);
      } catch (error) {
        onFault(error);
      }
      return call === undefined ? inner(bare.input, bare.init) : send(inner, call);
    };
    // A proxy keeps the properties of the host's own function (`Response`, `preconnect`) without copying them.
    return new Proxy(inner, {
      apply: (_target, _this, parts: [Parameters<typeof fetch>[0], RequestInit | undefined]) =>
        metered(parts[0], parts[1]),
      get: (target, key) => (key === meteredBy ? capture : (Reflect.get(target, key) as unknown)),
    });
  }

  function send(inner: typeof fetch, call: Call): Promise<Response> {
    const attempt = start(call, inner);
    let answer: Promise<Response>;
    try {
      // The SDK awaits whatever a fetch of the app's gives, a promise or not.
      answer = Promise.resolve(inner(call.input, initOf(call, call.injected)));
    } catch (error) {
      broke(attempt, call);
      throw error;
    }
    return answer.then(
      (response) => {
        if (call.injected !== undefined && (response.status === 400 || response.status === 422)) {
          return resend(inner, call, attempt, response);
        }
        if (call.injection !== undefined && call.injected !== undefined && response.ok)
          injection.accepted(call.injection);
        return follow(attempt, call, response, call.injected);
      },
      (error: unknown) => {
        broke(attempt, call);
        throw error;
      },
    );
  }

  /**
   * The provider refused a body we had changed. Unless it has taken such bodies before and names another reason, the
   * host's own body goes out once, and the host gets that answer.
   */
  async function resend(inner: typeof fetch, call: Call, first: Attempt, refused: Response): Promise<Response> {
    const considered = call.injection;
    const isKnown = considered !== undefined && injection.hasAccepted(considered);
    // Where the host may still get this very answer, only a copy of its body is read, and not to the end: a copy by
    // node-fetch waits for the host to read as much.
    const text = await (isKnown ? beginningOf(refused.clone()) : refused.text()).catch(() => '');
    const isNamed = /stream_options|include_usage/.test(text);
    if (isKnown && !isNamed) return follow(first, call, refused, undefined);
    first.status = refused.status;
    end(first, 'refused');
    const second = start(call, inner, first);
    try {
      const response = await inner(call.input, initOf(call, undefined));
      if (considered !== undefined && (isNamed || response.ok)) injection.unwanted(considered);
      return follow(second, call, response, undefined);
    } catch (error) {
      broke(second, call);
      throw error;
    }
  }

  function start(call: Call, inner: typeof fetch, before?: Attempt): Attempt {
    const startedAt = clock();
    const id = options.newId(startedAt);
    const place = before ?? retries.place(call.retryKey, call.init, startedAt.getTime());
    const attempt: Attempt = {
      id,
      callId: place.callId ?? id,
      number: before === undefined ? place.number : before.number + 1,
      startedAt,
      provider: call.target.policy.provider,
      operation: call.target.endpoint.operation,
      kind: call.target.endpoint.kind,
      url: call.target.url,
      origin: call.target.origin,
      isBackground: call.isBackground,
      requestModel: call.model,
      hints: call.hints,
      handle: call.handle,
      requestTokens: call.streams ? estimated(call.retryKey.body) : undefined,
      reader: options.createReader(),
      streamed: false,
      status: undefined,
      requestId: undefined,
      generationId: undefined,
      reportedUsd: undefined,
      firstChunkAt: undefined,
      endedAt: undefined,
      outcome: undefined,
      bytes: 0,
      drained: false,
      recovered: false,
      retryKey: call.retryKey,
      held: undefined,
      access:
        options.lookup === undefined
          ? undefined
          : { send: inner, authorization: readHeader(call.init.headers, 'authorization') },
    };
    try {
      listener.started(attempt);
    } catch (error) {
      onFault(error);
    }
    return attempt;
  }

  /** The answer's headers are here: finds the way to follow its body, or ends the attempt. */
  function follow(attempt: Attempt, call: Call, response: Response, injected: Injected | undefined): Response {
    try {
      attempt.status = response.status;
      attempt.requestId = readHeader(response.headers, 'x-request-id');
      attempt.generationId = readHeader(response.headers, 'x-generation-id');
      attempt.reportedUsd = readHeader(response.headers, 'x-litellm-response-cost');
      if (!response.ok)
        end(attempt, response.status >= 400 && response.status < 500 ? 'refused' : 'failed', call.relay);
      else if (followBody(attempt, call, response, injected)) return answerToHandOn(response);
      else end(attempt, 'completed', call.relay);
    } catch (error) {
      onFault(error);
      end(attempt, 'completed', call.relay);
    }
    return response;
  }

  /** False where there is no body to follow: none, or one that cannot carry usage. */
  function followBody(attempt: Attempt, call: Call, response: Response, injected: Injected | undefined): boolean {
    const { body } = response;
    if (body === null || body === undefined || response.status === 204) return false;
    const type = readHeader(response.headers, 'content-type') ?? '';
    const isDownload = attempt.kind === 'download';
    attempt.streamed = !isDownload && (/event-stream/i.test(type) || (call.streams && !/json/i.test(type)));
    if (!isDownload && !attempt.streamed && !/json/i.test(type)) return false;
    if (typeof body.getReader !== 'function' && !isNodeBody(body)) return false;
    const hide = attempt.streamed ? (injected?.hide ?? 'nothing') : 'nothing';
    const look = lookAt(attempt, hide);
    // Streams are not retried once they have begun; forgetting the request frees its body.
    if (attempt.streamed) attempt.retryKey = undefined;
    const { relay } = call;
    const answer = {
      watch: createAnswerWatch(attempt, call, look, watching),
      grace: options.grace,
      ownBody: hide !== 'nothing' || readsBodiesNatively(),
      disconnect: relay === undefined ? stayConnected : (reason: unknown) => relay.abort(reason ?? leftReason()),
    };
    const followed = isNodeBody(body)
      ? followNodeAnswer(response as never, body, answer)
      : followWebAnswer(response, body, answer);
    attempt.held = unread.hold(followed, attempt);
    if (relay !== undefined) relay.onAbort(passTo(attempt.held, relay));
    return true;
  }

  function lookAt(attempt: Attempt, hide: HidePolicy): BodyLook {
    if (attempt.kind === 'download')
      return createBatchLines((line) => guarded(() => listener.batchLine(attempt, line)));
    return attempt.streamed ? createUsageFilter(attempt.reader, hide) : createJsonCollector(attempt.reader);
  }

  function broke(attempt: Attempt, call: Call): void {
    const isAborted = call.signal?.aborted === true;
    end(attempt, isAborted && !timedOut(attempt, call, true) ? 'stopped' : 'failed', call.relay);
  }

  /**
   * Whether an abort was a time-out. The SDK aborts a request that takes too long the same way it relays the host's
   * abort; only how long that is stands in a header, in whole seconds, rounded down.
   *
   * @param isTimed - The SDK's timer is still running.
   */
  function timedOut(attempt: Attempt, { init, signal }: Call, isTimed: boolean): boolean {
    const { reason } = (signal ?? {}) as { readonly reason?: { readonly name?: unknown } | null };
    if (reason?.name === 'TimeoutError') return true;
    const seconds = isTimed ? readHeader(init.headers, 'x-stainless-timeout') : undefined;
    return (
      seconds !== undefined && clock().getTime() - attempt.startedAt.getTime() >= Number(seconds) * 1000 - timerSlackMs
    );
  }

  function end(attempt: Attempt, outcome: AttemptOutcome, relay?: SignalRelay, at?: Date): void {
    if (attempt.outcome !== undefined) return;
    attempt.held?.release();
    attempt.held = undefined;
    relay?.release();
    // An answer can be complete and still say that it failed.
    attempt.outcome = attempt.reader.hasError && outcome !== 'refused' ? 'failed' : outcome;
    attempt.endedAt = at ?? clock();
    if (!isLookedUp(attempt)) tellEnded(attempt);
    const key = attempt.retryKey;
    // The attempt of a background response is kept for long: nothing of its request is.
    attempt.retryKey = undefined;
    attempt.hints = undefined;
    if (key === undefined || !mayBeRetried(outcome, attempt.status)) return;
    retries.failed(key, attempt.callId, attempt.number, attempt.startedAt.getTime());
  }

  /** True where the provider is asked for the usage first, and the attempt ends with its answer. */
  function isLookedUp(attempt: Attempt): boolean {
    const { access } = attempt;
    attempt.access = undefined;
    if (access === undefined || attempt.outcome === 'refused') return false;
    return guarded(() => options.lookup?.start(attempt, access, () => tellEnded(attempt))) === true;
  }

  function tellEnded(attempt: Attempt): void {
    try {
      listener.ended(attempt);
    } catch (error) {
      onFault(error);
    }
  }

  function estimated(body: string): Attempt['requestTokens'] {
    return guarded(() => options.estimateRequest(body));
  }

  function guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      onFault(error);
      return undefined;
    }
  }
}

/** The SDK starts its timer before it calls `fetch`, on a busy machine well before. */
const timerSlackMs = 250;

/** Marks a `fetch` that is metered already, with the capture it belongs to. */
const meteredBy: unique symbol = Symbol.for('kilotoken.meteredBy');

/** The capture that meters a `fetch`, if any does. */
export function captureOf(inner: typeof fetch): unknown {
  return (inner as { readonly [meteredBy]?: unknown })[meteredBy];
}

/** Set on the options of a request that a metered fetch has sent on: one below it stays out of the way. */
const underway: unique symbol = Symbol.for('kilotoken.underway');

function initOf(call: Call, injected: Injected | undefined): RequestInit {
  const init: RequestInit & { [underway]?: true } = { ...call.init, [underway]: true };
  if (call.relay !== undefined) init.signal = call.relay.signal;
  if (injected === undefined) return init;
  init.body = injected.body;
  if (readHeader(init.headers, 'content-length') !== undefined) {
    const length = String(new TextEncoder().encode(injected.body).length);
    init.headers = changeHeaders(init.headers, turnHeader, { 'content-length': length }) ?? {};
  }
  return init;
}

/** Module level, so that it holds the answer as weakly as it is held, and nothing else of it. */
function passTo(answer: HeldAnswer<FollowedAnswer>, relay: SignalRelay): (reason: unknown) => void {
  return (reason) => {
    const followed = answer.deref();
    if (followed === undefined) relay.abort(reason);
    else followed.abort(reason);
  };
}

/** So much of a refusal is read for whether it names what we asked for. */
const refusalChars = 8 * 1024;

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reads = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < refusalChars) {
    const { done, value } = await reads.next();
    if (done === true) return text;
    text += decoder.decode(value, { stream: true });
  }
  // Nobody waits for this: one half of a web stream is left only once the other is.
  reads.return?.().catch(() => undefined);
  return text;
}

/** A plain answer is never left for its usage: its connection is the host's own. */
const stayConnected = (): void => {};

/** What an abort without a reason makes, made once: it takes a stack trace, 20 us, and nobody is left to see it. */
function leftReason(): DOMException {
  left ??= new DOMException('This operation was aborted', 'AbortError');
  return left;
}

let left: DOMException | undefined;

function mayBeRetried(outcome: AttemptOutcome, status: number | undefined): boolean {
  return outcome === 'failed' || (outcome === 'refused' && (status === 408 || status === 409 || status === 429));
}
