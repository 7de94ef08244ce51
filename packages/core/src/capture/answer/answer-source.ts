import type { BodyReader, ReadResult } from '../platform/body-reader.ts';
import type { AnswerWatch } from './answer-watch.ts';
import { readForUsage } from './grace-read.ts';
import type { Grace } from './grace-reads.ts';

/** The reads of an answer's body, shared by every way the host may read it. */
export interface AnswerSource {
  read(): Promise<ReadResult>;
  cancel(reason?: unknown): Promise<void>;
  /** The host's last read, while it is under way. */
  readonly underway: Promise<ReadResult> | undefined;
  /** The host releases its reader: reads under way are refused, and what they would have given is the next reader's. */
  release(): void;
  /** The host's signal was aborted and a grace read goes on: the host's pending read fails with the reason at once. */
  interrupt(reason: unknown): void;
  /** The body broke, told from outside of a read. */
  fail(error: unknown): void;
  /** Settles as the reader's own promise does; the same one until the reader is released. */
  readonly closed: Promise<unknown>;
  /** There is nothing more to read: the body ended or broke, or the host has left. */
  readonly isOver: boolean;
  /** So often did a read say that the body ended, or broke: an iterator says it once, a reader each time. */
  readonly timesTold: number;
}

/** What can be done to the connection an answer comes from. */
export interface Connection {
  /** Ends it with the host's reason: the host left before the end. */
  disconnect(reason: unknown): void;
  /** The body is over for the host: it has ended, broke, or the host has left. */
  over?(broken: { readonly error: unknown } | undefined): void;
}

/**
 * Puts the watch between a body's reader and the host: one read of the body per read of the host, none ahead.
 *
 * @param open - Gets a reader of the body; once more after that one was released.
 */
export function createAnswerSource(
  open: () => BodyReader,
  watch: AnswerWatch,
  grace: Grace,
  connection: Connection,
): AnswerSource {
  return new Source(open, watch, grace, connection);
}

/** A class, for there is one of these per answer; see ADR 0011. */
class Source implements AnswerSource {
  private readonly open: () => BodyReader;
  private reader: BodyReader;
  private readonly watch: AnswerWatch;
  private readonly grace: Grace;
  private readonly connection: Connection;
  /** The host has left. */
  private isDetached = false;
  /** What the host's reads fail with from now on; an object, for a body may break with nothing. */
  private broken: { readonly error: unknown } | undefined = undefined;
  /** So many reads of the host are under way, and the last of them. */
  private waiting = 0;
  underway: Promise<ReadResult> | undefined = undefined;
  /** A read of the body is under way. */
  private isReading = false;
  /** So many readers did the host release. */
  private released = 0;
  /** So many of the reads that were left behind have not ended yet, and so many of them were released by the host. */
  private leftBehind = 0;
  private toRefuse = 0;
  private isDone = false;
  timesTold = 0;
  private isClosed = false;
  private stopping: Promise<void> | undefined = undefined;
  private told: Promise<unknown> | undefined = undefined;
  // One set of handlers for all reads: closures made anew for each of them cost more than the look at its bytes.
  private readonly onRead: (result: ReadResult) => ReadResult | Promise<ReadResult>;
  private readonly onBreak: (error: unknown) => ReadResult;

  constructor(open: () => BodyReader, watch: AnswerWatch, grace: Grace, connection: Connection) {
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
    return this.isDetached || this.isDone;
  }

  read(): Promise<ReadResult> {
    if (this.isOver) return this.readAfterEnd();
    this.waiting += 1;
    // A host that does not wait for its last read gets this one after it.
    if (this.underway !== undefined) {
      const { released } = this;
      return (this.underway = this.underway.then(
        () => this.readNext(released, refusedRead),
        (error: unknown) => this.readNext(released, () => Promise.reject(error)),
      ));
    }
    return (this.underway = this.step());
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.isOver) return this.failIfBroken();
    this.isDetached = true;
    this.connection.over?.(undefined);
    if (this.watch.leave()) return this.takeOver(reason);
    const { closed } = this.reader;
    const cancelled = this.stop(reason);
    // A body that was broken tells so where it is cancelled; any other is closed by that, however long its source takes.
    this.stopping = Promise.race([closed, cancelled]).then(ignore, (error: unknown) => {
      this.broken ??= { error };
    });
    await cancelled;
  }

  release(): void {
    if (!this.isOver) this.passOn();
  }

  interrupt(reason: unknown): void {
    if (this.isOver) return;
    this.isDetached = true;
    this.broken = { error: reason };
    this.connection.over?.(this.broken);
    this.takeOver(reason);
  }

  fail(error: unknown): void {
    if (this.isOver) return;
    this.isDone = true;
    this.broken = { error };
    this.watch.fail(error);
    this.reader.cancel(error).catch(ignore);
    this.close();
  }

  /** The very promise that looks at the read: each more in between costs all events. */
  private step(): Promise<ReadResult> {
    this.isReading = true;
    return this.reader.read().then(this.onRead, this.onBreak);
  }

  /** @param refuse - For a reader that was released: as the read before this one was refused, or broke. */
  private readNext(released: number, refuse: () => Promise<ReadResult>): Promise<ReadResult> {
    if (released !== this.released) return refuse();
    return this.isOver ? this.readAfterEnd() : this.step();
  }

  private arrived(result: ReadResult): ReadResult | Promise<ReadResult> {
    const left = this.ended();
    if (result.done) {
      if (left !== undefined || this.isOver) return this.afterEnd();
      const rest = this.watch.finish();
      this.isDone = true;
      this.connection.over?.(undefined);
      this.close();
      if (rest !== undefined) return { done: false, value: rest };
      this.timesTold += 1;
      return result;
    }
    // Also where the host has left since: it was there before.
    const value = this.watch.see(result.value);
    if (value === undefined) {
      if (left === 'released') return refusedRead();
      return left !== undefined || this.isOver ? this.afterEnd() : this.step();
    }
    if (left === undefined) this.handedOver();
    return value === result.value ? result : { done: false, value };
  }

  private broke(error: unknown): ReadResult {
    const left = this.ended();
    if (left === 'released') throw error;
    if (left !== undefined) return this.afterEnd();
    // Also where the host has left since: it was broken before.
    this.isDone = true;
    this.timesTold += 1;
    this.broken = { error };
    this.connection.over?.(this.broken);
    this.underway = undefined;
    this.watch.fail(error);
    throw error;
  }

  /** A read of the body has ended. Tells by what it was left behind, if it was: the host's release, or its leaving. */
  private ended(): 'released' | 'taken over' | undefined {
    if (this.leftBehind === 0) {
      this.isReading = false;
      return undefined;
    }
    this.leftBehind -= 1;
    // They end in their order, and nothing is released any more once the host has left.
    if (this.toRefuse === 0) return 'taken over';
    this.toRefuse -= 1;
    return 'released';
  }

  /** A read of the host has what it asked for. */
  private handedOver(): void {
    this.waiting -= 1;
    // With it the bytes that were read.
    if (this.waiting === 0) this.underway = undefined;
  }

  private async tellClosed(): Promise<void> {
    const { released } = this;
    try {
      if (!this.isOver) await this.reader.closed;
    } catch (error) {
      if (!this.isOver || released !== this.released) throw error;
    }
    if (this.isOver) await this.failIfBroken();
  }

  private afterEnd(): ReadResult {
    this.timesTold += 1;
    if (this.broken !== undefined) throw this.broken.error;
    return ended;
  }

  private async failIfBroken(): Promise<void> {
    await this.stopping;
    if (this.broken !== undefined) throw this.broken.error;
  }

  private async readAfterEnd(): Promise<ReadResult> {
    await this.stopping;
    return this.afterEnd();
  }

  private async stop(reason: unknown): Promise<void> {
    try {
      const cancelled = this.reader.cancel(reason);
      // Behind the end mark the bare client does no more than that either, and to abort a signal is dear.
      if (!this.watch.isDone) this.connection.disconnect(reason);
      await cancelled;
    } finally {
      this.close();
    }
  }

  /** The host has left, and so does its reader. */
  private takeOver(reason: unknown): void {
    try {
      this.passOn();
    } catch {
      // A stream of the host's own make may not allow it within a read.
      this.watch.graceOver();
      this.stop(reason).catch(ignore);
      return;
    }
    const read = readForUsage(this.reader, this.watch, this.grace);
    this.grace.reads.add(read);
    void read.over.then(() => this.stop(reason).catch(ignore));
  }

  /** Reads under way are refused, and the body goes on to another reader. */
  private passOn(): void {
    if (this.reader.refuse !== undefined) this.reader.refuse();
    else {
      this.reader.releaseLock();
      this.reader = this.open();
    }
    if (!this.isDetached) this.released += 1;
    if (this.isReading) {
      this.leftBehind += 1;
      if (!this.isDetached) this.toRefuse += 1;
    }
    this.isReading = false;
    this.waiting = 0;
    this.underway = this.told = undefined;
  }

  private close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.underway = undefined;
    try {
      this.reader.releaseLock();
    } catch {
      // Some runtimes refuse while a read is under way; the stream is over all the same.
    }
  }
}

/** Refused as by a reader of the runtime that is released within it. */
function refusedRead(): Promise<ReadResult> {
  const reader = new ReadableStream().getReader();
  const read = reader.read() as Promise<ReadResult>;
  reader.closed.catch(ignore);
  reader.releaseLock();
  return read;
}

const ignore = (): void => {};
const ended: ReadResult = { done: true, value: undefined };
