import type { AnswerWatch } from './answer-watch.ts';

/** What a stream's reader gives for one read. */
export type ReadResult =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: Uint8Array | undefined };

/** The reads of an answer's body, shared by every way the host may read it. */
export interface AnswerSource {
  read(): Promise<ReadResult>;
  cancel(reason?: unknown): Promise<void>;
  /** The host's signal was aborted and a grace read goes on: the host's pending read fails with the reason at once. */
  interrupt(reason: unknown): void;
  /** The body broke, told from outside of a read. */
  fail(error: unknown): void;
  /** Settles as the reader's own promise does. */
  readonly closed: Promise<unknown>;
  /** The body was read to its end, or broke. */
  readonly isOver: boolean;
}

/** The part of a stream's reader that is used. */
export interface BodyReader {
  read(): Promise<ReadResult>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
  readonly closed: Promise<unknown>;
}

/** How long and how far reading goes on for the usage of a finished answer after the host has left. */
export interface GraceLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * Puts the watch between a body's reader and the host: one read of the body per read of the host, none ahead.
 *
 * @param disconnect - Ends the connection with the host's reason; called where the host left before the end.
 */
export function createAnswerSource(
  reader: BodyReader,
  watch: AnswerWatch,
  grace: GraceLimits,
  disconnect: (reason: unknown) => void,
): AnswerSource {
  let isDetached = false;
  let isReading = false;
  let detachReason: unknown;
  /** Settle the host's read under way, at once where the host leaves. */
  let resolveRead: (result: ReadResult) => void = ignore;
  let rejectRead: (error: unknown) => void = ignore;
  /** The read of the source that was under way when the host left. */
  let pending: Promise<ReadResult> | undefined;
  let latest: Promise<ReadResult> = Promise.resolve(ended);
  let isDone = false;
  let isReleased = false;
  /** How the body ended; a released reader would tell of its release instead. */
  let closed: Promise<unknown> | undefined;

  // One pair of handlers for all reads: closures made anew for each of them cost more than the look at its bytes.
  const onRead = (result: ReadResult): void => {
    isReading = false;
    // The host has left: this read belongs to the grace read.
    if (isDetached) return;
    if (result.done) {
      const rest = isDone ? undefined : watch.finish();
      isDone = true;
      release();
      resolveRead(rest === undefined ? result : { done: false, value: rest });
      return;
    }
    const value = watch.see(result.value);
    if (value === undefined) step();
    else resolveRead(value === result.value ? result : { done: false, value });
  };
  const onBreak = (error: unknown): void => {
    isReading = false;
    if (isDetached) return;
    isDone = true;
    watch.fail(error);
    rejectRead(error);
  };
  const wait = (resolve: typeof resolveRead, reject: typeof rejectRead): void => {
    resolveRead = resolve;
    rejectRead = reject;
  };

  const read = (): Promise<ReadResult> => {
    if (isDetached && detachReason !== undefined) return Promise.reject(detachReason);
    if (isDetached || isDone) return Promise.resolve(ended);
    // A host that does not wait for its last read gets this one after it.
    if (isReading) return (latest = latest.then(read, read));
    latest = new Promise<ReadResult>(wait);
    step();
    return latest;
  };

  return {
    read,
    cancel(reason) {
      if (isDetached || isDone) return Promise.resolve();
      isDetached = true;
      resolveRead(ended);
      if (!watch.leave()) return stop(reason);
      void readOn(reason);
      return Promise.resolve();
    },
    interrupt(reason) {
      if (isDetached || isDone) return;
      isDetached = true;
      detachReason = reason;
      rejectRead(reason);
      void readOn(reason);
    },
    fail(error) {
      if (isDetached || isDone) return;
      isDone = true;
      watch.fail(error);
      rejectRead(error);
      reader.cancel(error).catch(() => undefined);
      release();
    },
    get closed() {
      return closed ?? reader.closed;
    },
    get isOver() {
      return isDone;
    },
  };

  function step(): void {
    isReading = true;
    pending = reader.read();
    pending.then(onRead, onBreak);
  }

  async function stop(reason: unknown): Promise<void> {
    try {
      const cancelled = reader.cancel(reason);
      disconnect(reason);
      await cancelled;
    } finally {
      release();
    }
  }

  async function readOn(reason: unknown): Promise<void> {
    const deadline = timeout(grace.timeoutMs);
    let bytes = 0;
    try {
      let next = isReading ? pending : undefined;
      for (;;) {
        const result = await Promise.race([next ?? reader.read(), deadline.passed]);
        next = undefined;
        if (result === undefined || result.done) break;
        bytes += result.value.length;
        watch.see(result.value);
        if (watch.hasUsage || bytes >= grace.maxBytes) break;
      }
    } catch {
      // The source broke while nobody was waiting for it: the usage stays unknown.
    } finally {
      deadline.clear();
      watch.graceOver();
      stop(reason).catch(() => undefined);
    }
  }

  function release(): void {
    if (isReleased) return;
    isReleased = true;
    closed = reader.closed;
    try {
      reader.releaseLock();
    } catch {
      // Some runtimes refuse while a read is under way; the stream is over all the same.
    }
  }
}

const ignore = (): void => {};
const ended: ReadResult = { done: true, value: undefined };

function timeout(ms: number): { readonly passed: Promise<undefined>; clear(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
    (timer as { unref?: () => void }).unref?.();
  });
  return { passed, clear: () => clearTimeout(timer) };
}
