import { MeterError } from '@kilotoken/core';
import type { Db } from 'mongodb';
import type { Collections } from '../driver/collections.ts';
import { serverKind } from '../driver/server-kind.ts';
import type { Pace } from '../fold/pace.ts';
import { LeaseLostError } from '../rollups/roll-up-lease.ts';
import type { RollupLease } from '../rollups/roll-up-lease.ts';
import { rollUpSlots } from '../rollups/roll-up-slots.ts';
import { emptyUser } from './empty-user.ts';
import { eraseRows } from './erase-rows.ts';
import { writersOfUser } from './user-ledger.ts';
import type { UserMapping } from './user-ledger.ts';
import { waitForLease } from './wait-for-lease.ts';

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

/** Slots worked out by one question lie within a day. */
const slotsPerQuestion = 96;

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
  const lease = await waitForLease(collections, pace, onWait);
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

async function lastRows(user: string, collections: Collections): Promise<ReadonlyMap<string, bigint>> {
  return new Map((await writersOfUser(user, collections)).map(({ writer, lastN }) => [writer, lastN]));
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
