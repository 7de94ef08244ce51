import type { AnswerReader } from '../payloads/answer-reader.ts';
import { readHeader } from '../platform/request-headers.ts';
import type { Call } from '../request/prepare-call.ts';
import type { SignalRelay } from '../request/signal-relay.ts';
import type { Attempt, AttemptListener, AttemptOutcome } from './attempt.ts';
import type { GenerationLookup, LookupAccess } from './generation-lookup.ts';
import { createRetryChain } from './retry-chain.ts';
import type { CallPlace, RetryKey } from './retry-chain.ts';

/** An attempt with what only capture needs; all of it is let go of at the end, for it holds the request and the answer. */
export interface SentAttempt<Reader extends AnswerReader> extends Attempt<Reader> {
  /** When it was sent, by the clock that nobody sets. */
  readonly sentMs: number;
  retryKey: RetryKey | undefined;
  access: LookupAccess | undefined;
  /** Its answer, while that is under way. */
  held: { release(): void } | undefined;
  /** What listens to the host's signal for that answer, if it is a stream. */
  relay: SignalRelay | undefined;
}

/** What attempts need of the meter. */
export interface AttemptSurroundings<Reader extends AnswerReader> {
  readonly clock: () => Date;
  /** Makes a time-ordered id for an attempt that starts now. */
  readonly newId: (startedAt: Date) => string;
  readonly createReader: () => Reader;
  /** Prepares a guess at the input tokens of a request, for a stream that may be cut; called once per stream. */
  readonly estimateRequest: (body: string) => (() => number) | undefined;
  readonly listener: AttemptListener<Reader>;
  /** Asks the provider for a usage that an answer did not carry. */
  readonly lookup: GenerationLookup | undefined;
  /** Told of an error in the metering itself; the call goes on unseen. */
  readonly onFault: (error: unknown) => void;
}

type TimedCall = Pick<Call, 'init' | 'signal' | 'client'>;

/** The beginning and the end of each attempt that goes through `fetch`. No method throws. */
export interface SentAttempts<Reader extends AnswerReader> {
  /** @param before - The attempt this one takes the place of within the same SDK call. */
  start(call: Call, inner: typeof fetch, before?: SentAttempt<Reader>): SentAttempt<Reader>;
  /** Ends an attempt, the first time it is called; now, where no time is given. */
  end(attempt: SentAttempt<Reader>, outcome: AttemptOutcome, relay?: SignalRelay, at?: Date): void;
  /** An attempt is over for the host, and its usage may still come. */
  left(attempt: SentAttempt<Reader>, outcome: AttemptOutcome): void;
  /** Ends an attempt that got no answer. */
  broke(attempt: SentAttempt<Reader>, call: Call): void;
  /**
   * Whether an abort was a time-out. The SDK aborts a request that takes too long the same way it relays the host's
   * abort; how long that is stands in a header, in whole seconds, rounded down, or else is the client's own.
   *
   * @param isTimed - The SDK's timer is still running.
   */
  isTimedOut(attempt: SentAttempt<Reader>, call: TimedCall, isTimed: boolean): boolean;
}

export function createSentAttempts<Reader extends AnswerReader>(
  options: AttemptSurroundings<Reader>,
): SentAttempts<Reader> {
  const { clock, listener, lookup, onFault } = options;
  const retries = createRetryChain();

  return { start, left, end, broke, isTimedOut };

  function start(call: Call, inner: typeof fetch, before?: SentAttempt<Reader>): SentAttempt<Reader> {
    const startedAt = clock();
    const id = options.newId(startedAt);
    const place: CallPlace =
      before === undefined ? retries.place(call, call.init) : { callId: before.callId, number: before.number + 1 };
    const attempt = new Sent(id, startedAt, place, call, options.createReader());
    if (call.streams) attempt.requestTokens = estimated(call.body);
    if (lookup !== undefined)
      attempt.access = { send: inner, authorization: readHeader(call.init.headers, 'authorization') };
    try {
      listener.started(attempt);
    } catch (error) {
      onFault(error);
    }
    return attempt;
  }

  function estimated(body: string): Attempt['requestTokens'] {
    try {
      return options.estimateRequest(body);
    } catch (error) {
      onFault(error);
      return undefined;
    }
  }

  function broke(attempt: SentAttempt<Reader>, call: Call): void {
    const isAborted = call.signal?.aborted === true;
    end(attempt, isAborted && !isTimedOut(attempt, call, true) ? 'stopped' : 'failed', call.relay);
  }

  function isTimedOut(attempt: SentAttempt<Reader>, { init, signal, client }: TimedCall, isTimed: boolean): boolean {
    const { reason } = (signal ?? {}) as { readonly reason?: { readonly name?: unknown } | null };
    if (reason?.name === 'TimeoutError') return true;
    if (!isTimed) return false;
    const seconds = readHeader(init.headers, 'x-stainless-timeout');
    const limitMs = Number(seconds === undefined ? client?.timeout : Number(seconds) * 1000);
    return performance.now() - attempt.sentMs >= limitMs - timerSlackMs;
  }

  function end(attempt: SentAttempt<Reader>, outcome: AttemptOutcome, relay?: SignalRelay, at?: Date): void {
    if (attempt.outcome !== undefined) return;
    attempt.held?.release();
    (relay ?? attempt.relay)?.release();
    attempt.held = attempt.relay = undefined;
    // An answer can be complete and still say that it failed.
    attempt.outcome = attempt.reader.hasError && outcome !== 'refused' ? 'failed' : outcome;
    attempt.endedAt = at ?? clock();
    if (isLookedUp(attempt)) left(attempt, attempt.outcome);
    else tellEnded(attempt);
    const key = attempt.retryKey;
    // The attempt of a background response is kept for long: nothing of its request is.
    attempt.retryKey = undefined;
    attempt.hints = undefined;
    if (key === undefined || !mayBeRetried(outcome, attempt.status)) return;
    retries.failed(key, attempt.callId, attempt.number);
  }

  function left(attempt: SentAttempt<Reader>, outcome: AttemptOutcome): void {
    try {
      listener.left(attempt, outcome);
    } catch (error) {
      onFault(error);
    }
  }

  /** True where the provider is asked for the usage first, and the attempt ends with its answer. */
  function isLookedUp(attempt: SentAttempt<Reader>): boolean {
    const { access } = attempt;
    attempt.access = undefined;
    if (access === undefined || attempt.outcome === 'refused') return false;
    try {
      return lookup?.start(attempt, access, () => tellEnded(attempt)) === true;
    } catch (error) {
      onFault(error);
      return false;
    }
  }

  function tellEnded(attempt: SentAttempt<Reader>): void {
    try {
      listener.ended(attempt);
    } catch (error) {
      onFault(error);
    }
  }
}

/** A class, for there is one of these per call; see ADR 0011. */
class Sent<Reader extends AnswerReader> implements SentAttempt<Reader> {
  readonly id: string;
  readonly callId: string;
  readonly number: number;
  readonly startedAt: Date;
  readonly sentMs = performance.now();
  readonly provider: string;
  readonly operation: Attempt['operation'];
  readonly kind: Attempt['kind'];
  readonly url: string;
  readonly origin: string;
  readonly isBackground: boolean;
  readonly requestModel: string | undefined;
  readonly handle: string | undefined;
  readonly reader: Reader;
  hints: Attempt['hints'];
  requestTokens: Attempt['requestTokens'] = undefined;
  streamed = false;
  status: number | undefined = undefined;
  requestId: string | undefined = undefined;
  generationId: string | undefined = undefined;
  reportedUsd: string | undefined = undefined;
  firstChunkAt: Date | undefined = undefined;
  endedAt: Date | undefined = undefined;
  outcome: AttemptOutcome | undefined = undefined;
  bytes = 0;
  drained = false;
  recovered = false;
  retryKey: RetryKey | undefined;
  access: LookupAccess | undefined = undefined;
  held: { release(): void } | undefined = undefined;
  relay: SignalRelay | undefined = undefined;
  owner: unknown = undefined;

  constructor(id: string, startedAt: Date, { callId, number }: CallPlace, call: Call, reader: Reader) {
    const { endpoint, policy, url, origin } = call.target;
    this.id = id;
    this.callId = callId ?? id;
    this.number = number;
    this.startedAt = startedAt;
    this.provider = policy.provider;
    this.operation = endpoint.operation;
    this.kind = endpoint.kind;
    this.url = url;
    this.origin = origin;
    this.isBackground = call.isBackground;
    this.requestModel = call.model;
    this.handle = call.handle;
    this.reader = reader;
    this.hints = call.hints;
    this.retryKey = call;
  }
}

/** The SDK starts its timer before it calls `fetch`, on a busy machine well before. */
const timerSlackMs = 250;

function mayBeRetried(outcome: AttemptOutcome, status: number | undefined): boolean {
  return outcome === 'failed' || (outcome === 'refused' && (status === 408 || status === 409 || status === 429));
}
