import type { Document } from 'mongodb';
import type { Collections } from '../driver/collections.ts';
import { readStoredTokens, tokenGroup } from '../driver/token-group.ts';
import { slotMs } from '../ledger/ledger-row.ts';
import { rollupId } from './rollup-id.ts';
import type { RollupKey } from './rollup-id.ts';
import { storeRollups } from './store-rollups.ts';
import type { Rollup } from './store-rollups.ts';

/** Slots of users worked out by one question, and how far apart they may lie. */
const pairsPerQuestion = 1000;
const maxSpanMs = 24 * 3_600_000;

/**
 * Works out the sums of every slot of 15 minutes in which rows of this span of insert times lie.
 *
 * @param onStep - Called now and then, and waited for; what it throws ends the work.
 * @returns the slots.
 */
export async function rollUpInserted(
  collections: Collections,
  inserted: { readonly from: Date | undefined; readonly before: Date | undefined },
  onStep: () => Promise<void>,
): Promise<ReadonlySet<number>> {
  const { from, before } = inserted;
  const span = {
    ...(from === undefined ? {} : { $gte: from }),
    ...(before === undefined ? {} : { $lt: before }),
  };
  const changed = collections.ledger.aggregate<{ _id: { q: Date; u?: string } }>(
    [
      { $match: { v: { $gte: 1 }, ...(from === undefined && before === undefined ? {} : { i: span }) } },
      { $group: { _id: { q: '$q', u: '$u' } } },
      { $sort: { '_id.q': 1 } },
    ],
    { allowDiskUse: true },
  );
  const slots = new Set<number>();
  let pairs = 0;
  const open = { slots: new Set<number>(), users: new Set<string | null>() };
  const flush = async (): Promise<void> => {
    if (open.slots.size > 0) await rollUpSlots(collections, [...open.slots], [...open.users]);
    open.slots.clear();
    open.users.clear();
    pairs = 0;
    await onStep();
  };
  for await (const { _id } of changed) {
    const at = _id.q.getTime();
    const [first = at] = open.slots;
    if (pairs >= pairsPerQuestion || at - first > maxSpanMs) await flush();
    slots.add(at);
    pairs += 1;
    open.slots.add(at);
    open.users.add(_id.u ?? null);
  }
  await flush();
  return slots;
}

/** Works out slots, in their order and within a day, of some users; `null` stands for records without user. */
export async function rollUpSlots(
  { ledger, rollups }: Collections,
  slots: readonly number[],
  users: readonly (string | null)[],
): Promise<void> {
  const span = { $gte: new Date(slots[0] ?? 0), $lt: new Date((slots.at(-1) ?? 0) + slotMs) };
  const groups = await ledger
    .aggregate([
      {
        $match: {
          v: { $gte: 1 },
          u: { $in: users as string[] },
          t: span,
          q: { $in: slots.map((at) => new Date(at)) },
        },
      },
      {
        $group: {
          _id: { q: '$q', u: '$u', tn: '$tn', m: '$m', p: '$p' },
          calls: { $sum: { $cond: ['$rp', 0, 1] } },
          repeats: { $addToSet: { $cond: ['$rp', '$cid', '$$REMOVE'] } },
          c: { $sum: '$c' },
          ...tokenGroup,
        },
      },
      { $set: { asOf: '$$NOW' } },
    ])
    .toArray();
  await storeRollups(rollups, groups.map(rollupDocument));
}

function rollupDocument(group: Document): Rollup {
  const key = group['_id'] as RollupKey;
  const repeats = group['repeats'] as string[];
  return {
    _id: rollupId(key),
    ...key,
    calls: group['calls'] as unknown,
    ...(repeats.length === 0 ? {} : { rc: repeats }),
    c: group['c'] as unknown,
    ...readStoredTokens(group),
    asOf: group['asOf'] as Date,
  };
}
