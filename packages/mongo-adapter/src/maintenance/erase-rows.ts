import { randomUUID } from 'node:crypto';
import type { Filter } from 'mongodb';
import type { Collections } from '../driver/collections.ts';
import { isDuplicateKey } from '../driver/server-errors.ts';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import type { RollupLease } from '../rollups/roll-up-lease.ts';
import { backfillWriter } from './backfill.ts';

const batchRows = 1000;

/** Takes the user out of the rows up to the last one of each writer; resolves with how many there were. */
export async function eraseRows(
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
