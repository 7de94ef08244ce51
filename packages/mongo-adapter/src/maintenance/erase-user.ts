import { randomUUID } from 'node:crypto';
import { MeterError } from '@kilotoken/core';
import type { Db, Filter } from 'mongodb';
import type { Collections } from '../driver/collections.ts';
import { isDuplicateKey } from '../driver/server-errors.ts';
import { serverKind } from '../driver/server-kind.ts';
import type { Pace } from '../fold/pace.ts';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import { LeaseLostError, takeRollupLease } from '../rollups/roll-up-lease.ts';
import type { RollupLease } from '../rollups/roll-up-lease.ts';
import { rollUpSlots } from '../rollups/roll-up-slots.ts';
import { backfillWriter } from './backfill.ts';
import { emptyUser } from './empty-user.ts';
import { writersOfUser } from './user-ledger.ts';
import type { UserMapping } from './user-ledger.ts';

/** Options of {@link MongoStore.erase}. */
export interface EraseOptions {
  /** Only counts the records. Default `false`. */
  readonly dryRun?: boolean;
  /**
   * Hears, after a second and once, that another process works on the roll-ups, and until when this call waits for it: it may be
   * their daily run, or have been killed, and then its lease ends within a minute. By default nobody hears.
   */
  readonly onWait?: (until: Date) => void;
}

/** What {@link MongoStore.erase} did. */
export interface Erasure {
  /** Records that were the user's. */
  readonly records: number;
  /** False where the user has no document, or none was found under this id. */
  readonly hasDocument: boolean;
}

const batchRows = 1000;
/** Slots worked out by one question lie within a day. */
const slotsPerQuestion = 96;
/** Everything is worked out anew once a day, and that takes its time. */
const maxWaitMs = 10 * 60_000;
/** A wait that is over sooner is no news: the roll-ups are worked on for a moment each minute. */
const quietMs = 1000;

/**
 * Makes the records of a user records without a user: user, conversation, message and tags go, and the ids by which the
 * provider knows the answers. Sums over everything and over a tenant stay as they are.
 *
 * The document comes first: from then on no command that counts one of these rows finds it any more. A row that is inserted
 * after that has a higher number than its writer has on the document, and is left as it is, the user's. The roll-ups come
 * last, under their lease, so that nobody puts the user's sums back. Whatever stops it, the next run finishes.
 */
export async function eraseUser(
  user: string,
  options: {
    readonly db: Db;
    readonly collections: Collections;
    readonly users: UserMapping & { readonly isUsed: boolean };
    readonly pace: Pace;
    readonly isDryRun: boolean;
    readonly onWait: (until: Date) => void;
  },
): Promise<Erasure> {
  const { db, collections, users, pace, onWait } = options;
  const { ledger, rollups } = collections;
  if (options.isDryRun) {
    const records = await ledger.countDocuments({ v: { $gte: 1 }, u: user });
    return { records, hasDocument: true };
  }
  await checkNotSharded(db, ledger.collectionName);
  const lease = await leaseOf(collections, pace, onWait);
  try {
    const { hasDocument, upTo } = users.isUsed
      ? await emptyUser(user, collections, users)
      : { hasDocument: true, upTo: await lastRows(user, collections) };
    const slots = new Set<number>();
    const records = await eraseRows(user, upTo, collections, slots, lease);
    // Marked until all is worked out again, for whoever goes on from here.
    await rollups.updateMany({ u: user }, { $unset: { u: '' }, $set: { er: true } });
    const marked = { u: { $exists: false }, er: true };
    for await (const { q } of rollups.find(marked).project<{ q: Date }>({ _id: 0, q: 1 })) slots.add(q.getTime());
    // Without a roll-up so far, all of it is still to be worked out.
    if (lease.state.doneAt !== undefined) await rollUpAgain(slots, collections, lease);
    await rollups.updateMany(marked, { $unset: { er: '' } });
    return { records, hasDocument };
  } catch (error) {
    if (!(error instanceof LeaseLostError)) throw error;
    throw new MeterError(
      'store_failed',
      'mongoStore: this process was paused while it erased a user; run erase again',
      {
        cause: error,
      },
    );
  } finally {
    // Nobody waits for long where this fails, too.
    await lease.release().catch(() => {});
  }
}

/** Row by row it would move to the shard of nobody, and there its id would not keep it from being stored again. */
async function checkNotSharded(db: Db, ledger: string): Promise<void> {
  if ((await serverKind(db)()).isOneLog) return;
  const stats = await db.command({ collStats: ledger }, { readPreference: 'primary' });
  if (stats['sharded'] !== true) return;
  throw new MeterError(
    'unsupported',
    `mongoStore: erase: "${ledger}" is sharded; delete the rows of the user yourself`,
  );
}

async function leaseOf(collections: Collections, pace: Pace, onWait: (until: Date) => void): Promise<RollupLease> {
  const began = pace.now().getTime();
  const until = began + maxWaitMs;
  let isTold = false;
  for (let attempt = 0; ; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- until it is free
    const lease = await takeRollupLease(collections, () => pace.now());
    if (lease !== undefined) return lease;
    const now = pace.now().getTime();
    if (now > until) {
      throw new MeterError(
        'store_failed',
        'mongoStore: erase waited 10 minutes for another process that works on the roll-ups; nothing was erased, try again',
      );
    }
    if (!isTold && now >= began + quietMs) {
      isTold = true;
      onWait(new Date(until));
    }
    // oxlint-disable-next-line no-await-in-loop -- see above
    await pace.backOff(attempt);
  }
}

async function lastRows(user: string, collections: Collections): Promise<ReadonlyMap<string, bigint>> {
  return new Map((await writersOfUser(user, collections)).map(({ writer, lastN }) => [writer, lastN]));
}

/** Takes the user out of the rows up to the last one of each writer; resolves with how many there were. */
async function eraseRows(
  user: string,
  upTo: ReadonlyMap<string, bigint>,
  { ledger }: Collections,
  slots: Set<number>,
  lease: RollupLease,
): Promise<number> {
  let erased = 0;
  // Those of a backfill first: corrections of their calls are found by ids that go with them.
  for (const [writer, lastN] of [...upTo].toSorted(([a]) => (a === backfillWriter ? -1 : 1))) {
    const isOfUser = { u: user, w: writer, n: { $lte: lastN } };
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other, so that the lease can be renewed
      const rows = await ledger
        .find(isOfUser)
        .project<Pick<LedgerRow, '_id' | 'q' | 'mid'>>({ q: 1, mid: 1 })
        .limit(batchRows)
        .toArray();
      if (rows.length === 0) break;
      for (const { q } of rows) slots.add(q.getTime());
      const ids = rows.map(({ _id }) => _id);
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (writer === backfillWriter) await nameAnew(ids, isOfUser, ledger);
      // oxlint-disable-next-line no-await-in-loop -- see above
      else await eraseEach(ids, isOfUser, await sharedMessages(user, rows, ledger), ledger);
      erased += rows.length;
      // oxlint-disable-next-line no-await-in-loop -- see above
      await lease.renew();
    }
  }
  return erased;
}

const personal = { u: '', cv: '', g: '', ri: '', rq: '' } as const;

async function eraseEach(
  ids: readonly string[],
  isOfUser: Filter<LedgerRow>,
  shared: readonly string[],
  ledger: Collections['ledger'],
): Promise<void> {
  const filter = { ...isOfUser, _id: { $in: [...ids] } };
  if (shared.length > 0) await ledger.updateMany({ ...filter, mid: { $in: [...shared] } }, { $unset: personal });
  await ledger.updateMany(filter, { $unset: { ...personal, mid: '' } });
}

/** Messages that others have records of as well: the sum on such a message is theirs, too, and needs all its rows. */
async function sharedMessages(
  user: string,
  rows: readonly Pick<LedgerRow, 'mid'>[],
  ledger: Collections['ledger'],
): Promise<readonly string[]> {
  const messages = new Set(rows.flatMap(({ mid }) => mid ?? []));
  if (messages.size === 0) return [];
  // Not `distinct`, which a client with a strict API version may not ask.
  const shared = await ledger
    .aggregate<{ _id: string }>([
      { $match: { mid: { $in: [...messages] }, u: { $ne: user } } },
      { $group: { _id: '$mid' } },
    ])
    .toArray();
  return shared.map(({ _id }) => _id);
}

/**
 * Ids of rows that a backfill made have the id of the message or the user in them, so these rows are copied under another
 * id and deleted, and corrections of their calls follow. Between the two both count; the next run finds the old ones, and
 * the ids their copies have already.
 */
async function nameAnew(
  ids: readonly string[],
  isOfUser: Filter<LedgerRow>,
  ledger: Collections['ledger'],
): Promise<void> {
  const named = { ...isOfUser, _id: { $in: [...ids] } };
  await ledger.bulkWrite(
    ids.map((_id) => ({
      updateOne: { filter: { _id, cid: _id }, update: { $set: { cid: `e:${randomUUID()}` } } },
    })),
    { ordered: false },
  );
  const rows = await ledger.find(named).toArray();
  if (rows.length === 0) return;
  await ledger.bulkWrite(
    rows.map(({ _id, cid }) => ({ updateMany: { filter: { cid: _id }, update: { $set: { cid } } } })),
    { ordered: false },
  );
  const copies = rows.map(({ u: _u, cv: _cv, mid: _mid, g: _g, ri: _ri, rq: _rq, ...row }) => ({
    ...row,
    _id: row.cid,
  }));
  try {
    await ledger.insertMany(copies, { ordered: false });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  await ledger.deleteMany(named);
}

/** Works out what is nobody's now. Newer records of the user have not been in a roll-up yet: the lease was ours. */
async function rollUpAgain(slots: ReadonlySet<number>, collections: Collections, lease: RollupLease): Promise<void> {
  const sorted = [...slots].toSorted((a, b) => a - b);
  while (sorted.length > 0) {
    const [first = 0] = sorted;
    const end = sorted.findIndex((at) => at >= first + 24 * 3_600_000);
    const piece = sorted.splice(0, end === -1 ? Math.min(sorted.length, slotsPerQuestion) : end);
    // oxlint-disable-next-line no-await-in-loop -- one piece after the other
    await rollUpSlots(collections, piece, [null]);
    // oxlint-disable-next-line no-await-in-loop -- see above
    await lease.renew();
  }
}
