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
  /** Refuses the read under way, at once; what it would have given is the next reader's. */
  releaseLock(): void;
  /** Does that in its place, where it cannot: the next reader is this one. */
  refuse?(): void;
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

/**
 * Puts the watch between a body's reader and the host: one read of the body per read of the host, none ahead.
 *
 * @param open - Gets a reader of the body; once more after that one was released.
 */
export function createAnswerSource(
  open: () => BodyReader,
  watch: AnswerWatch,
  grace: GraceLimits,
  connection: Connection,
): AnswerSource {
  return new Source(open, watch, grace, connection);
}

/** A class, for there is one of these per answer; see ADR 0011. */
class Source implements AnswerSource {
  private readonly open: () => BodyReader;
  private reader: BodyReader;
  private readonly watch: AnswerWatch;
  private readonly grace: GraceLimits;
  private readonly connection: Connection;
  private isDetached = false;
  private detachReason: unknown = undefined;
  /** So many reads of the host are under way, and the last of them. */
  private waiting = 0;
  private latest: Promise<ReadResult> | undefined = undefined;
  private isDone = false;
  private isReleased = false;
  /** How the body ended; a released reader would tell of its release instead. */
  private atRelease: Promise<unknown> | undefined = undefined;
  private told: Promise<unknown> | undefined = undefined;
  // One set of handlers for all reads: closures made anew for each of them cost more than the look at its bytes.
  private readonly onRead: (result: ReadResult) => ReadResult | Promise<ReadResult>;
  private readonly onBreak: (error: unknown) => ReadResult;

  constructor(open: () => BodyReader, watch: AnswerWatch, grace: GraceLimits, connection: Connection) {
    this.open = open;
    this.reader = open();
    this.watch = watch;
    this.grace = grace;
    this.connection = connection;
    // By way of variables: V8 lets a function that is written where it is assigned to a member grow old at once, and
    // with it whatever it holds.
    const onRead = (result: ReadResult): ReadResult | Promise<ReadResult> => this.arrived(result);
    const onBreak = (error: unknown): ReadResult => this.broke(error);
    this.onRead = onRead;
    this.onBreak = onBreak;
  }

  get closed(): Promise<unknown> {
    if (this.told === undefined) {
      this.told = this.tellClosed();
      // As with the reader's own, nobody has to listen.
      this.told.catch(ignore);
    }
    return this.told;
  }

  get isOver(): boolean {
    return this.isDone;
  }

  read(): Promise<ReadResult> {
    if (this.isDetached || this.isDone) return this.readAfterEnd();
    this.waiting += 1;
    // A host that does not wait for its last read gets this one after it.
    if (this.latest !== undefined) {
      const readNext = (): Promise<ReadResult> => (this.isDetached || this.isDone ? this.readAfterEnd() : this.step());
      return (this.latest = this.latest.then(readNext, readNext));
    }
    return (this.latest = this.step());
  }

  cancel(reason?: unknown): Promise<void> {
    if (this.isDetached || this.isDone) return Promise.resolve();
    this.isDetached = true;
    if (!this.watch.leave()) return this.stop(reason);
    this.takeOver(reason);
    return Promise.resolve();
  }

  interrupt(reason: unknown): void {
    if (this.isDetached || this.isDone) return;
    this.isDetached = true;
    this.detachReason = reason;
    this.takeOver(reason);
  }

  fail(error: unknown): void {
    if (this.isDetached || this.isDone) return;
    this.isDone = true;
    this.watch.fail(error);
    this.reader.cancel(error).catch(ignore);
    this.release();
  }

  /** The very promise that looks at the read: each more in between costs all events. */
  private step(): Promise<ReadResult> {
    return this.reader.read().then(this.onRead, this.onBreak);
  }

  private arrived(result: ReadResult): ReadResult | Promise<ReadResult> {
    if (this.isDetached || this.isDone) return this.afterEnd();
    if (result.done) {
      const rest = this.watch.finish();
      this.isDone = true;
      this.release();
      return rest === undefined ? result : { done: false, value: rest };
    }
    const value = this.watch.see(result.value);
    if (value === undefined) return this.step();
    this.waiting -= 1;
    // With it the bytes that were read.
    if (this.waiting === 0) this.latest = undefined;
    return value === result.value ? result : { done: false, value };
  }

  private broke(error: unknown): ReadResult {
    if (this.isDetached || this.isDone) return this.afterEnd();
    this.isDone = true;
    this.watch.fail(error);
    throw error;
  }

  private async tellClosed(): Promise<void> {
    try {
      if (!this.isDetached) await (this.atRelease ?? this.reader.closed);
    } catch (error) {
      if (!this.isDetached) throw error;
    }
    if (this.isDetached) this.afterEnd();
  }

  private afterEnd(): ReadResult {
    if (this.detachReason !== undefined) throw this.detachReason;
    return ended;
  }

  private async readAfterEnd(): Promise<ReadResult> {
    return this.afterEnd();
  }

  private async stop(reason: unknown): Promise<void> {
    try {
      const cancelled = this.reader.cancel(reason);
      // Behind the end mark the bare client does no more than that either, and to abort a signal is dear.
      if (!this.watch.isDone) this.connection.disconnect(reason);
      await cancelled;
    } finally {
      this.release();
    }
  }

  /** The host has left, and so does its reader. */
  private takeOver(reason: unknown): void {
    try {
      if (this.reader.refuse !== undefined) this.reader.refuse();
      else {
        this.reader.releaseLock();
        this.reader = this.open();
      }
    } catch {
      // A stream of the host's own make may not allow it within a read.
      this.watch.graceOver();
      this.stop(reason).catch(ignore);
      return;
    }
    void this.readOn(reason);
  }

  private async readOn(reason: unknown): Promise<void> {
    const { reader, watch, grace } = this;
    const deadline = timeout(grace.timeoutMs);
    let bytes = 0;
    try {
      for (;;) {
        const result = await Promise.race([reader.read(), deadline.passed]);
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
      this.stop(reason).catch(ignore);
    }
  }

  private release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.latest = undefined;
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
