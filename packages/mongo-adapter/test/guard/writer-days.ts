import { usageRecord } from '@kilotoken/core/testing';
import { storableRecord } from '@kilotoken/core/store-kit';
import type { Db } from 'mongodb';
import { openCollections } from '../../src/driver/collections.ts';
import { mongoDatabase } from '../../src/driver/mongo-database.ts';
import type { Pace } from '../../src/fold/pace.ts';
import { createRecordWriter } from '../../src/fold/record-writer.ts';
import type { RecordWriter } from '../../src/fold/record-writer.ts';
import { createRecovery } from '../../src/fold/recover-writers.ts';
import { newWriterId } from '../../src/fold/writer-id.ts';
import { resolveOptions } from '../../src/resolve-options.ts';

/** What the days left in the document of the one user they were about. */
export interface WriterDays {
  /** BSON of the guard field, in bytes, and its entries: at most, and when all writers but one are long gone. */
  readonly largest: { readonly bytes: number; readonly entries: number };
  readonly last: { readonly bytes: number; readonly entries: number };
  /** Records stored. */
  readonly records: number;
}

/** How a process of the app ends. */
export type WriterEnd = 'closes' | 'dies';

const quarterMs = 15 * 60_000;
const hourMs = 4 * quarterMs;
const user = 'user-1';
const origins = ['reported', 'estimated', 'missing'] as const;

/**
 * Lets days go by in a moment: the adapter's own writers and its recovery on a real database, with a clock that jumps from
 * one quarter of an hour to the next. So many processes a day start, count a call of the same user, and end; one more
 * lives on and retires them, as any open store does.
 */
export async function writerDays(
  db: Db,
  options: { readonly days: number; readonly writersPerDay: number; readonly end: (index: number) => WriterEnd },
): Promise<WriterDays> {
  const { days, writersPerDay, end } = options;
  const settings = resolveOptions({ db, messages: false });
  const { users, messages } = settings;
  const collections = openCollections(db, { ...settings.collections, users: 'users', messages: 'messages' });
  const database = mongoDatabase({ db, collections, users, messages, commandTimeoutMs: 15_000 });
  await db.collection<{ _id: string }>('users').insertOne({ _id: user });

  let now = Date.parse('2026-11-22T00:00:00Z');
  let records = 0;
  let isOver = false;
  const pace: Pace = {
    now: () => new Date(now),
    backOff: () =>
      new Promise((resolve) => {
        setTimeout(resolve, 5);
      }),
  };
  const fail = (error: Error): void => {
    throw error;
  };
  const startWriter = (): RecordWriter =>
    createRecordWriter({
      database,
      pace,
      newWriterId,
      leaseMs: 30_000,
      maxBatchRows: 500,
      maxBatchText: 8_000_000,
      hasUsers: true,
      hasMessages: false,
      orphanAfterMs: 60_000,
      onError: fail,
      onOrphan: () => {},
    });
  const lasting = startWriter();
  const recovery = createRecovery({
    database,
    persistence: { pace, isStopped: () => isOver, onRetry: () => {} },
    hasUsers: true,
    hasMessages: false,
    ownWriter: () => lasting.writerId(),
    graceMs: { closed: hourMs, died: 24 * hourMs },
    onError: fail,
  });
  const call = async (writer: RecordWriter): Promise<void> => {
    records += 1;
    const tokens = {
      inputTokens: 200,
      outputTokens: 100,
      totalTokens: 300,
      cacheReadInputTokens: 50,
      reasoningOutputTokens: 20,
    };
    const origin = origins[records % origins.length] ?? 'reported';
    const id = `r${records}`;
    await writer.write(storableRecord(usageRecord({ id, callId: id, origin, tokens, attribution: { userId: user } })));
  };
  const measure = async () => {
    const [size] = await collections.users
      .aggregate<{ bytes: number; entries: number }>([
        { $project: { bytes: { $bsonSize: '$_kt' }, entries: { $size: { $objectToArray: '$_kt.w' } } } },
      ])
      .toArray();
    return { bytes: Number(size?.bytes), entries: Number(size?.entries) };
  };

  await call(lasting);
  let started = 0;
  let largest = await measure();
  for (let quarter = 1; quarter <= days * 96; quarter += 1) {
    now += quarterMs;
    const due = Math.floor((quarter * writersPerDay) / 96);
    for (; started < due; started += 1) {
      const writer = startWriter();
      // oxlint-disable-next-line no-await-in-loop -- one process after the other
      await call(writer);
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (end(started) === 'closes') await writer.signOff();
      writer.stop();
    }
    // oxlint-disable-next-line no-await-in-loop -- see above
    await lasting.beat();
    // oxlint-disable-next-line no-await-in-loop -- see above
    await recovery.retire();
    // oxlint-disable-next-line no-await-in-loop -- see above
    const size = await measure();
    if (size.bytes > largest.bytes) largest = size;
  }
  for (let round = 0; round < 2; round += 1) {
    now += 25 * hourMs;
    // oxlint-disable-next-line no-await-in-loop -- see above
    await lasting.beat();
    // oxlint-disable-next-line no-await-in-loop -- see above
    await recovery.retire();
  }
  const last = await measure();
  isOver = true;
  lasting.stop();
  return { largest, last, records };
}
