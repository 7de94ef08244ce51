import { MeterError } from '../errors.ts';
import { waitMs } from '../timer-limit.ts';
import { drainBeforeExit, leaveBeforeExit } from './drain-at-exit.ts';
import type { Journal } from './journal/journal.ts';
import { createJournalReplay } from './delivery/journal-replay.ts';
import { letProcessEnd } from './delivery/pause.ts';
import { createRecordQueue } from './delivery/record-queue.ts';
import type { UsageSink } from './record-sink.ts';
import type { AppendOutcome, RecordTarget } from './delivery/record-target.ts';
import type { RecorderStats } from './recorder-stats.ts';
import { settleAll } from './delivery/settle-all.ts';
import { createSinkFeed } from './delivery/sink-feed.ts';
import { createStoreWriter } from './delivery/store-writer.ts';
import { createUnsettledRecords } from './delivery/unsettled-records.ts';
import type { Settlement } from './delivery/unsettled-records.ts';
import type { UsageRecord } from './usage-record.ts';

/** What a recorder is made of; the defaults of the numbers are those of `QueueOptions`. */
export interface RecorderParts {
  readonly target: RecordTarget;
  readonly onError: (error: MeterError, record?: UsageRecord) => void;
  readonly journal?: Journal | undefined;
  readonly sinks?: readonly UsageSink[] | undefined;
  /** What records take their times from; the system's where none is given. */
  readonly clock?: () => Date;
  /** Send each record at once: the platform may freeze the process when the request is over. */
  readonly isImmediate?: boolean;
  readonly flushIntervalMs?: number | undefined;
  readonly maxBatchRecords?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly appendTimeoutMs?: number | undefined;
}

/** Takes records without ever holding a call up, and sees each of them into the store. */
export interface Recorder {
  push(record: UsageRecord): void;
  /** Has the journal, if there is one, keep what is known of a record that is pushed later. */
  foresee(record: UsageRecord): void;
  /** Resolves when these records are settled, or at the deadline; sends what is queued at once. */
  whenStored(ids: readonly string[], timeoutMs: number): Promise<Settlement>;
  flush(): Promise<void>;
  close(options?: { readonly timeoutMs?: number }): Promise<{ readonly left: number }>;
  stats(): RecorderStats;
}

/** So long does draining take at most, in milliseconds. */
export const defaultTimeoutMs = 5000;
/** So often does the store fail before `flush` gives up waiting for it. */
const flushAttempts = 3;

export function createRecorder(parts: RecorderParts): Recorder {
  const { target, onError, journal, clock = () => new Date() } = parts;
  const { flushIntervalMs = 200, maxBatchRecords = 500, appendTimeoutMs = 30_000 } = parts;
  const queue = createRecordQueue(parts.maxBytes ?? 64 * 1024 * 1024);
  /** Spilled to the journal and not read back, by id: when each call ended, in epoch milliseconds. */
  const spilled = new Map<string, number>();
  const onTheirWay = (): readonly UsageRecord[] => [...writer.underway, ...queue.all()];
  const unsettled = createUnsettledRecords({
    has: (id) => queue.has(id) || spilled.has(id) || writer.underway.some((record) => record.id === id),
    ids: () => [...onTheirWay().map(({ id }) => id), ...spilled.keys()],
  });
  const feeds = (parts.sinks ?? []).map((sink, at) => createSinkFeed(sink, `sink ${at + 1}`, onError));
  const counts = { captured: 0, stored: 0, journaled: 0, rejected: 0, dropped: 0 };
  /** Told of each failure while somebody flushes. */
  const flushing = new Set<(error: MeterError) => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed: Promise<{ readonly left: number }> | undefined;
  let isClosed = false;
  /** When the oldest on its way ended, in epoch milliseconds; nothing where it has to be looked for. */
  let oldestAt: number | undefined;
  /** So many of the rejected did a flush tell. */
  let rejectedTold = 0;

  const writer = createStoreWriter({
    queue,
    target,
    maxBatchRecords,
    appendTimeoutMs,
    overlaps: parts.isImmediate === true,
    settled,
    failed,
  });
  const replay = journal && createJournalReplay({ journal, target, appendTimeoutMs, settled: replayed, failed });
  const self = { drainAtExit };

  return {
    push(record) {
      counts.captured += 1;
      if (isClosed)
        return drop(record, 'closed', 'the meter is closed; a call that ended after close() is not recorded');
      const fits = queue.hasRoom;
      const isJournaled = journal !== undefined && writeJournal(journal, record, fits);
      if (fits) queue.add(record);
      else if (isJournaled) spilled.set(record.id, record.endedAt.getTime());
      else {
        return drop(
          record,
          'record_dropped',
          'the queue is full because the store is not accepting records; a record is lost',
        );
      }
      unsettled.came(record.id);
      drainBeforeExit(self);
      oldestAt &&= Math.min(oldestAt, record.endedAt.getTime());
      schedule();
    },
    foresee(record) {
      try {
        if (!isClosed) journal?.foresee(record);
      } catch {
        // The record itself will tell, where the disk refuses that as well.
      }
    },
    async whenStored(ids, timeoutMs) {
      writer.write();
      return unsettled.whenSettled(ids, timeoutMs);
    },
    flush,
    close,
    stats: () => ({
      ...counts,
      queued: queuedCount(),
      oldestUnstoredMs: oldestUnstoredMs(),
      retried: writer.retried,
    }),
  };

  function queuedCount(): number {
    return queue.size + writer.underway.length + spilled.size;
  }

  /** Also of those the store has and does not answer for, and of those that wait for another try. */
  function oldestUnstoredMs(): number {
    const [firstSpilled = Infinity] = spilled.values();
    // Once, and not for each question: while a store is down, tens of thousands wait.
    oldestAt ??= onTheirWay().reduce((ms, { endedAt }) => Math.min(ms, endedAt.getTime()), firstSpilled);
    return Math.max(0, clock().getTime() - oldestAt);
  }

  function schedule(): void {
    if ((writer.isWriting || timer !== undefined) && queue.size !== maxBatchRecords) return;
    const isDue = queue.size >= maxBatchRecords || parts.isImmediate === true;
    clearTimeout(timer);
    // Never within the call itself: a store may work synchronously.
    timer = setTimeout(writeNow, isDue ? 0 : flushIntervalMs);
    letProcessEnd(timer);
  }

  function writeNow(): void {
    clearTimeout(timer);
    timer = undefined;
    writer.write();
  }

  function writeJournal(into: Journal, record: UsageRecord, isKept: boolean): boolean {
    try {
      if (isKept) into.append(record);
      else into.spill(record);
      counts.journaled += 1;
      return true;
    } catch (cause) {
      const message = `only memory holds a record: ${(cause as MeterError).message}`;
      onError(new MeterError('journal_failed', message, { cause }), record);
      return false;
    }
  }

  function drop(record: UsageRecord, code: 'closed' | 'record_dropped', message: string): void {
    counts.dropped += 1;
    unsettled.lost(record.id);
    onError(new MeterError(code, message), record);
  }

  function settled(batch: readonly UsageRecord[], { rejected = [] }: AppendOutcome): void {
    oldestAt = undefined;
    const refused = new Map(rejected.map(({ id, error }) => [id, error]));
    const stored = refused.size === 0 ? batch : batch.filter(({ id }) => !refused.has(id));
    counts.stored += stored.length;
    unsettled.stored(stored);
    if (refused.size > 0)
      for (const record of batch) if (refused.has(record.id)) refuse(record, refused.get(record.id));
    journal?.settle(batch.map(({ id }) => id));
    passOn(stored);
    if (journal !== undefined) bringBack(journal);
    if (queuedCount() === 0) leaveBeforeExit(self);
  }

  function bringBack(from: Journal): void {
    if (queue.size >= maxBatchRecords) return;
    for (const record of from.readBack(maxBatchRecords)) {
      spilled.delete(record.id);
      queue.add(record);
    }
    if (spilled.size === 0 || from.stats().spilled > 0) return;
    // Their file is gone, which the journal has reported; nobody has them any more.
    const gone = [...spilled.keys()];
    spilled.clear();
    for (const id of gone) unsettled.lost(id);
  }

  function replayed(records: readonly UsageRecord[], { inserted, rejected = [] }: AppendOutcome): void {
    for (const { id, error } of rejected)
      refuse(
        records.find((record) => record.id === id),
        error,
      );
    // How many were new is known, not which: sinks may get one twice and never miss one.
    if (inserted > 0) passOn(records);
  }

  function failed(error: MeterError): void {
    onError(error);
    for (const tell of flushing) tell(error);
  }

  function refuse(record: UsageRecord | undefined, cause: Error | undefined): void {
    counts.rejected += 1;
    if (record !== undefined) unsettled.lost(record.id);
    const reason = cause?.message ?? 'no reason given';
    onError(new MeterError('record_rejected', `the store rejected a record permanently: ${reason}`, { cause }), record);
  }

  function passOn(stored: readonly UsageRecord[]): void {
    if (stored.length > 0) for (const feed of feeds) feed.push(stored);
  }

  /** A refusal is told to every flush under way, else to the next one, so that it matters to none which came first. */
  async function flush(): Promise<void> {
    const told = rejectedTold;
    await drained(defaultTimeoutMs, flushAttempts);
    rejectedTold = counts.rejected;
    if (counts.rejected > told) throw new MeterError('record_rejected', notStorable(counts.rejected - told));
  }

  /** Resolves when all that is unsettled now is stored or refused for good; rejects otherwise. */
  function drained(timeoutMs: number, attempts: number): Promise<void> {
    return settleAll({ unsettled, replay, failures: flushing, retryNow }, timeoutMs, attempts);
  }

  function retryNow(): void {
    replay?.wake();
    writeNow();
  }

  async function drainAtExit(): Promise<void> {
    // Not again for the same records: a store that is down would keep the process alive for ever.
    leaveBeforeExit(self);
    try {
      await drained(defaultTimeoutMs, Infinity);
      await Promise.all(feeds.map((feed) => feed.drain(defaultTimeoutMs)));
    } catch {
      reportLeft();
    }
  }

  function close({ timeoutMs = defaultTimeoutMs }: { readonly timeoutMs?: number } = {}): Promise<{
    readonly left: number;
  }> {
    closed ??= closeWithin(waitMs(timeoutMs));
    return closed;
  }

  async function closeWithin(timeoutMs: number): Promise<{ readonly left: number }> {
    const deadline = performance.now() + timeoutMs;
    // What was refused for good is reported, and nothing is left of it to wait for.
    await drained(timeoutMs, Infinity).catch(() => {});
    isClosed = true;
    leaveBeforeExit(self);
    writer.stop();
    clearTimeout(timer);
    replay?.stop();
    await Promise.all(feeds.map((feed) => feed.close(Math.max(100, deadline - performance.now()))));
    const left = reportLeft();
    journal?.close();
    return { left };
  }

  function reportLeft(): number {
    for (const record of onTheirWay()) {
      const message = journal
        ? 'the store had not accepted a record when the meter or the process ended; it stays in the journal'
        : 'the store had not accepted a record when the meter or the process ended; it is lost';
      onError(new MeterError(journal ? 'store_failed' : 'record_dropped', message), record);
    }
    return queuedCount();
  }
}

function notStorable(count: number): string {
  return `records permanently rejected by the store since the last flush: ${count}; onError received each of them`;
}
