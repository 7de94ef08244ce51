import type { Attempt, AttemptOutcome } from '../attempt/attempt.ts';
import type { BodyLook } from '../payloads/body-look.ts';

/** Follows one answer from its headers to its end, and ends the attempt once. No method throws. */
export interface AnswerWatch {
  /** Looks at one read and returns what the host gets of it; nothing where there is nothing to hand on yet. */
  see(chunk: Uint8Array): Uint8Array | undefined;
  /** The whole body was read at once, as text; `value` is what it was parsed to, where it was. */
  seeText(text: string, value?: unknown): void;
  /** The body has ended; returns what was held back. */
  finish(): Uint8Array | undefined;
  /** The body broke, or the host's signal was aborted. */
  fail(error: unknown): void;
  /** The host leaves before the end. True where a grace read may still bring the usage; else the attempt has ended. */
  leave(): boolean;
  /** The grace read is over: with the usage or without. */
  graceOver(): void;
  /** True once the usage was seen in what was read so far. */
  readonly hasUsage: boolean;
  /** True where the host left behind the stream's own end mark: there is nothing more to come. */
  readonly isDone: boolean;
}

/** What all watches of one capture share. */
export interface WatchSurroundings<Watched extends Attempt, Call> {
  readonly clock: () => Date;
  /** Reads on after the host has left, however far the answer has got. */
  readonly drains: boolean;
  /** The host has left, and a grace read follows. */
  readonly left: (attempt: Watched, outcome: AttemptOutcome) => void;
  /** Ends the attempt, the first time it is called; now, where no time is given. */
  readonly end: (attempt: Watched, outcome: AttemptOutcome, call: Call, at?: Date) => void;
  /** Whether the host has aborted its signal: then a broken body is a stop, not a failure. */
  readonly isAborted: (call: Call) => boolean;
  /** Whether such an abort was the client's own time-out, which is a failure. */
  readonly isTimedOut: (attempt: Watched, call: Call) => boolean;
  /** Told of an error in the metering itself; from then on the bytes pass unseen. */
  readonly onFault: (error: unknown) => void;
}

export function createAnswerWatch<Watched extends Attempt, Call>(
  attempt: Watched,
  call: Call,
  look: BodyLook,
  surroundings: WatchSurroundings<Watched, Call>,
): AnswerWatch {
  return new Watch(attempt, call, look, surroundings);
}

/**
 * A class, for there is one of these per answer: closures made for each cost a short call more than its counting.
 *
 * Lets go of everything at the end. Node's `fetch` keeps the collector of garbage waiting for its responses, so what hangs
 * on one is copied from one young generation into the next, long after the answer was read.
 */
class Watch<Watched extends Attempt, Call> implements AnswerWatch {
  hasUsage = false;
  isDone = false;
  private isBlind = false;
  private hasLeft = false;
  /** These three are there until the attempt has ended. Not in one object: see {@link Watch}. */
  private attempt: Watched | undefined;
  private call: Call | undefined;
  /** Stays where the host leaves: a read that was there before still comes to it, without what is to be hidden. */
  private look: BodyLook | undefined;
  private readonly surroundings: WatchSurroundings<Watched, Call>;

  constructor(attempt: Watched, call: Call, look: BodyLook, surroundings: WatchSurroundings<Watched, Call>) {
    this.attempt = attempt;
    this.call = call;
    this.look = look;
    this.surroundings = surroundings;
  }

  see(chunk: Uint8Array): Uint8Array | undefined {
    const { attempt, look } = this;
    if (look === undefined) return chunk;
    if (attempt !== undefined) {
      attempt.firstChunkAt ??= this.surroundings.clock();
      attempt.bytes += chunk.length;
    }
    if (this.isBlind) return chunk;
    try {
      const rest = look.push(chunk);
      if (attempt !== undefined) this.hasUsage = attempt.reader.hasUsage;
      return rest;
    } catch (error) {
      this.turnBlind(error);
      return chunk;
    }
  }

  seeText(text: string, value?: unknown): void {
    const { attempt, look } = this;
    if (attempt === undefined || look === undefined) return;
    const at = this.surroundings.clock();
    attempt.firstChunkAt ??= at;
    attempt.bytes += text.length;
    try {
      if (value === undefined || look.pushJson === undefined) look.pushText(text);
      else look.pushJson(value);
    } catch (error) {
      this.turnBlind(error);
    }
    this.closed();
    this.end('completed', at);
  }

  finish(): Uint8Array | undefined {
    const rest = this.closed();
    if (!this.hasLeft) this.end('completed');
    return rest;
  }

  fail(error: unknown): void {
    const { attempt, call, surroundings } = this;
    if (attempt === undefined || call === undefined) return;
    this.closed();
    const isAbort = surroundings.isAborted(call) || isAbortError(error);
    this.end(isAbort && !surroundings.isTimedOut(attempt, call) ? 'stopped' : 'failed');
  }

  leave(): boolean {
    this.hasLeft = true;
    const { attempt, call } = this;
    if (attempt === undefined || call === undefined) return false;
    this.isDone = this.settled();
    const { reader, streamed } = attempt;
    // Also behind the end mark: some gateways send it ahead of the usage.
    const isKnown = this.isDone ? reader.hasCounts : reader.hasUsage;
    const isWorthReading = streamed && !isKnown && !reader.hasError;
    const outcome = this.leftAs(attempt, call);
    if (isWorthReading && (this.isDone || reader.isFinished || this.surroundings.drains)) {
      this.surroundings.left(attempt, outcome);
      return true;
    }
    this.end(outcome);
    return false;
  }

  graceOver(): void {
    const { attempt, call } = this;
    if (attempt === undefined || call === undefined) return;
    this.closed();
    attempt.drained = attempt.reader.hasUsage;
    this.end(this.leftAs(attempt, call));
  }

  private leftAs(attempt: Watched, call: Call): AttemptOutcome {
    if (this.isDone) return 'completed';
    return this.surroundings.isTimedOut(attempt, call) ? 'failed' : 'stopped';
  }

  private end(outcome: AttemptOutcome, at?: Date): void {
    const { attempt, call } = this;
    this.attempt = this.call = undefined;
    if (attempt !== undefined && call !== undefined) this.surroundings.end(attempt, outcome, call, at);
  }

  private closed(): Uint8Array | undefined {
    const { look } = this;
    this.look = undefined;
    if (this.isBlind || look === undefined) return undefined;
    try {
      const rest = look.end();
      look.settle();
      return rest;
    } catch (error) {
      this.turnBlind(error);
      return undefined;
    }
  }

  private settled(): boolean {
    if (this.isBlind || this.look === undefined) return false;
    try {
      return this.look.settle();
    } catch (error) {
      this.turnBlind(error);
      return false;
    }
  }

  private turnBlind(error: unknown): void {
    this.isBlind = true;
    this.surroundings.onFault(error);
  }
}

function isAbortError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';
}
