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

/** What can be done to the connection an answer comes from. */
export interface Connection {
  /** Ends it with the host's reason: the host left before the end. */
  disconnect(reason: unknown): void;
}

/** Puts the watch between a body's reader and the host: one read of the body per read of the host, none ahead. */
export function createAnswerSource(
  reader: BodyReader,
  watch: AnswerWatch,
  grace: GraceLimits,
  connection: Connection,
): AnswerSource {
  return new Source(reader, watch, grace, connection);
}

/** A class, for there is one of these per answer; see ADR 0011. */
class Source implements AnswerSource {
  private readonly reader: BodyReader;
  private readonly watch: AnswerWatch;
  private readonly grace: GraceLimits;
  private readonly connection: Connection;
  private isDetached = false;
  private isReading = false;
  private detachReason: unknown = undefined;
  /** Settle the host's read under way, at once where the host leaves. */
  private resolveRead: (result: ReadResult) => void = ignore;
  private rejectRead: (error: unknown) => void = ignore;
  /** The read of the source that was under way when the host left. */
  private pending: Promise<ReadResult> | undefined = undefined;
  private latest: Promise<ReadResult> | undefined = undefined;
  private isDone = false;
  private isReleased = false;
  /** How the body ended; a released reader would tell of its release instead. */
  private atRelease: Promise<unknown> | undefined = undefined;
  // One set of handlers for all reads: closures made anew for each of them cost more than the look at its bytes.
  private readonly onRead: (result: ReadResult) => void;
  private readonly onBreak: (error: unknown) => void;
  private readonly wait: (resolve: (result: ReadResult) => void, reject: (error: unknown) => void) => void;

  constructor(reader: BodyReader, watch: AnswerWatch, grace: GraceLimits, connection: Connection) {
    this.reader = reader;
    this.watch = watch;
    this.grace = grace;
    this.connection = connection;
    // By way of variables: V8 lets a function that is written where it is assigned to a member grow old at once, and
    // with it whatever it holds.
    const onRead = (result: ReadResult): void => this.arrived(result);
    const onBreak = (error: unknown): void => this.broke(error);
    const wait: typeof this.wait = (resolve, reject) => {
      this.resolveRead = resolve;
      this.rejectRead = reject;
    };
    this.onRead = onRead;
    this.onBreak = onBreak;
    this.wait = wait;
  }

  get closed(): Promise<unknown> {
    return this.atRelease ?? this.reader.closed;
  }

  get isOver(): boolean {
    return this.isDone;
  }

  read(): Promise<ReadResult> {
    if (this.isDetached && this.detachReason !== undefined) return Promise.reject(this.detachReason);
    if (this.isDetached || this.isDone) return Promise.resolve(ended);
    // A host that does not wait for its last read gets this one after it.
    if (this.isReading && this.latest !== undefined) {
      const readNext = (): Promise<ReadResult> => this.read();
      return (this.latest = this.latest.then(readNext, readNext));
    }
    this.latest = new Promise<ReadResult>(this.wait);
    this.step();
    return this.latest;
  }

  cancel(reason?: unknown): Promise<void> {
    if (this.isDetached || this.isDone) return Promise.resolve();
    this.isDetached = true;
    this.resolveRead(ended);
    if (!this.watch.leave()) return this.stop(reason);
    void this.readOn(reason);
    return Promise.resolve();
  }

  interrupt(reason: unknown): void {
    if (this.isDetached || this.isDone) return;
    this.isDetached = true;
    this.detachReason = reason;
    this.rejectRead(reason);
    void this.readOn(reason);
  }

  fail(error: unknown): void {
    if (this.isDetached || this.isDone) return;
    this.isDone = true;
    this.watch.fail(error);
    this.rejectRead(error);
    this.reader.cancel(error).catch(() => undefined);
    this.release();
  }

  private arrived(result: ReadResult): void {
    this.isReading = false;
    // The host has left: this read belongs to the grace read.
    if (this.isDetached) return;
    if (result.done) {
      const rest = this.isDone ? undefined : this.watch.finish();
      this.isDone = true;
      this.release();
      this.resolveRead(rest === undefined ? result : { done: false, value: rest });
      return;
    }
    const value = this.watch.see(result.value);
    if (value === undefined) this.step();
    else this.resolveRead(value === result.value ? result : { done: false, value });
  }

  private broke(error: unknown): void {
    this.isReading = false;
    if (this.isDetached) return;
    this.isDone = true;
    this.watch.fail(error);
    this.rejectRead(error);
  }

  private step(): void {
    this.isReading = true;
    this.pending = this.reader.read();
    this.pending.then(this.onRead, this.onBreak);
  }

  private async stop(reason: unknown): Promise<void> {
    try {
      const cancelled = this.reader.cancel(reason);
      // Behind the end mark the bare client does no more than that either, and to abort a signal is dear.
      if (!this.watch.isDone) this.connection.disconnect(reason);
      await cancelled;
    } finally {
      this.release();
      // With them the last bytes that were read.
      this.resolveRead = this.rejectRead = ignore;
    }
  }

  private async readOn(reason: unknown): Promise<void> {
    const { reader, watch, grace } = this;
    const deadline = timeout(grace.timeoutMs);
    let bytes = 0;
    try {
      let next = this.isReading ? this.pending : undefined;
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
      this.stop(reason).catch(() => undefined);
    }
  }

  private release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.latest = this.pending = undefined;
    this.atRelease = this.reader.closed;
    try {
      this.reader.releaseLock();
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
