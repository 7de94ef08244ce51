import type { Attempt, AttemptOutcome } from './attempt.ts';

/** Looks at the bytes of one body: the filter of an event stream, or the collector of a plain answer. */
export interface BodyLook {
  /** One read. Returns the bytes to hand on, the same array where nothing changed, or nothing yet. */
  push(chunk: Uint8Array): Uint8Array | undefined;
  /** The whole body at once, as text. */
  pushText(text: string): void;
  /** The same, where the host had the text parsed and gets this very value; preferred where it exists. */
  pushJson?(value: unknown): void;
  /** The body has ended; returns what was held back. */
  end(): Uint8Array | undefined;
  /** Reads what `push` let pass unparsed; true where the stream's own end mark was seen. */
  settle(): boolean;
}

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
}

/** What a watch needs of its surroundings. */
export interface WatchOptions {
  readonly clock: () => Date;
  /** Reads on after the host has left, however far the answer has got. */
  readonly drains: boolean;
  /** Ends the attempt, the first time it is called; now, where no time is given. */
  readonly end: (outcome: AttemptOutcome, at?: Date) => void;
  /** Whether the host has aborted its signal: then a broken body is a stop, not a failure. */
  readonly isAborted: () => boolean;
  /** Whether such an abort was the client's own time-out, which is a failure. */
  readonly isTimedOut: () => boolean;
  /** Told of an error in the metering itself; from then on the bytes pass unseen. */
  readonly onFault: (error: unknown) => void;
}

export function createAnswerWatch(attempt: Attempt, look: BodyLook, options: WatchOptions): AnswerWatch {
  const { clock, end, isAborted, isTimedOut, onFault } = options;
  let isBlind = false;
  let hasLeft = false;
  let isDone = false;

  const watch: { -readonly [Member in keyof AnswerWatch]: AnswerWatch[Member] } = {
    // A plain member, not a getter: those make an object literal dear, and there is one of these per answer.
    hasUsage: false,
    see(chunk) {
      attempt.firstChunkAt ??= clock();
      attempt.bytes += chunk.length;
      if (isBlind) return chunk;
      try {
        const rest = look.push(chunk);
        watch.hasUsage = attempt.reader.hasUsage;
        return rest;
      } catch (error) {
        turnBlind(error);
        return chunk;
      }
    },
    seeText(text, value) {
      const at = clock();
      attempt.firstChunkAt ??= at;
      attempt.bytes += text.length;
      try {
        if (value === undefined || look.pushJson === undefined) look.pushText(text);
        else look.pushJson(value);
      } catch (error) {
        turnBlind(error);
      }
      closed();
      end('completed', at);
    },
    finish() {
      const rest = closed();
      if (!hasLeft) end('completed');
      return rest;
    },
    fail(error) {
      closed();
      end((isAborted() || isAbortError(error)) && !isTimedOut() ? 'stopped' : 'failed');
    },
    leave() {
      hasLeft = true;
      const { reader } = attempt;
      isDone = settled();
      const isWorthReading = attempt.streamed && !reader.hasUsage && !reader.hasError;
      // Also behind the end mark: some gateways send it ahead of the usage.
      if (isWorthReading && (isDone || reader.isFinished || options.drains)) return true;
      end(isDone ? 'completed' : 'stopped');
      return false;
    },
    graceOver() {
      closed();
      attempt.drained = attempt.reader.hasUsage;
      end(isDone ? 'completed' : 'stopped');
    },
  };
  return watch;

  function closed(): Uint8Array | undefined {
    if (isBlind) return undefined;
    try {
      const rest = look.end();
      look.settle();
      return rest;
    } catch (error) {
      turnBlind(error);
      return undefined;
    }
  }

  function settled(): boolean {
    if (isBlind) return false;
    try {
      return look.settle();
    } catch (error) {
      turnBlind(error);
      return false;
    }
  }

  function turnBlind(error: unknown): void {
    isBlind = true;
    onFault(error);
  }
}

function isAbortError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';
}
