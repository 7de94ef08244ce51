import { createHash } from 'node:crypto';
import type { Document } from 'mongodb';
import type { Collections, RollupDocument } from '../driver/collections.ts';
import { isDuplicateKey } from '../driver/server-errors.ts';
import { readStoredTokens, tokenGroup } from '../driver/token-group.ts';
import { slotMs } from '../ledger/ledger-row.ts';

/** The one document of the roll-ups that says how far they are. */
export interface RollupState {
  /** Rows inserted before this instant are in the roll-ups. */
  readonly doneAt?: Date;
  /** When everything of the last weeks was worked out anew. */
  readonly fullAt?: Date;
}

export const rollupStateId = 'state';

/** How much a writer's clock may be wrong, and how late its rows may become visible. */
export const rollupOverlapMs = 10 * 60_000;

const leaseMs = 60_000;
const fullEveryMs = 24 * 3_600_000;
const fullReachMs = 35 * fullEveryMs;
/** Slots of users worked out by one question, and how far apart they may lie. */
const pairsPerQuestion = 1000;
const maxSpanMs = 24 * 3_600_000;

/**
 * Works out the sums of every slot of 15 minutes in which rows were inserted since the last time. Sums are recomputed
 * from the ledger and replaced, never added to, so repeats and two jobs at once change nothing.
 *
 * With `force` it does so also while another process seems to be at it.
 *
 * @returns the number of slots that were worked out; nothing where another process is at it.
 */
export async function rollUp(
  collections: Collections,
  now: Date,
  { force = false, full = false } = {},
): Promise<number | undefined> {
  const { rollups, ledger } = collections;
  if (!(await takeLease(collections, now)) && !force) return undefined;
  const state = (await rollups.findOne({ _id: rollupStateId })) as RollupState | null;
  const isFull = full || (state?.fullAt?.getTime() ?? 0) < now.getTime() - fullEveryMs;
  const done = state?.doneAt?.getTime();
  const since = isFull ? now.getTime() - fullReachMs : (done ?? 0) - rollupOverlapMs;
  const changed = ledger.aggregate<{ _id: { q: Date; u?: string } }>(
    [
      // The very first time there is nothing to go on from.
      {
        $match:
          done === undefined
            ? { v: { $gte: 1 } }
            : { v: { $gte: 1 }, i: { $gte: new Date(Math.min(since, done - rollupOverlapMs)) } },
      },
      { $group: { _id: { q: '$q', u: '$u' } } },
      { $sort: { '_id.q': 1 } },
    ],
    { allowDiskUse: true },
  );
  let slots = 0;
  let pairs = 0;
  let last: number | undefined;
  const open = { slots: new Set<number>(), users: new Set<string | null>() };
  const flush = async (): Promise<void> => {
    if (open.slots.size > 0) await rollUpSlots(collections, [...open.slots], [...open.users]);
    open.slots.clear();
    open.users.clear();
    pairs = 0;
  };
  for await (const { _id } of changed) {
    const at = _id.q.getTime();
    const [first = at] = open.slots;
    if (pairs >= pairsPerQuestion || at - first > maxSpanMs) await flush();
    if (at !== last) slots += 1;
    last = at;
    pairs += 1;
    open.slots.add(at);
    open.users.add(_id.u ?? null);
  }
  await flush();
  await rollups.updateOne(
    { _id: rollupStateId },
    { $max: { doneAt: now, ...(isFull ? { fullAt: now } : {}) }, $set: { leaseUntil: new Date(0) } },
    { upsert: true },
  );
  return slots;
}

async function takeLease({ rollups }: Collections, now: Date): Promise<boolean> {
  try {
    const result = await rollups.updateOne(
      { _id: rollupStateId, leaseUntil: { $not: { $gt: now } } },
      { $set: { leaseUntil: new Date(now.getTime() + leaseMs) } },
      { upsert: true },
    );
    return result.matchedCount + result.upsertedCount > 0;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Works out slots, in their order, of some users; `null` stands for records without user. */
async function rollUpSlots(
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
  if (groups.length === 0) return;
  try {
    await rollups.bulkWrite(
      groups.map((group) => {
        const replacement = rollupDocument(group);
        const filter = { _id: replacement['_id'], ...shardKey(replacement), asOf: { $lte: group['asOf'] as Date } };
        return { replaceOne: { filter, replacement, upsert: true } };
      }),
      { ordered: false },
    );
  } catch (error) {
    // A newer sum is there already, so the filter found nothing and the new document met it.
    if (!isDuplicateKey(error)) throw error;
  }
}

function rollupDocument(group: Document): RollupDocument {
  const key = group['_id'] as { q: Date; u?: string; tn?: string; m?: string; p: string };
  const repeats = group['repeats'] as string[];
  return {
    // Made from the key, so that it can only be there once; and no way back to the user.
    _id: createHash('sha256')
      .update(JSON.stringify([key.q.getTime(), key.u, key.tn, key.m, key.p]))
      .digest('base64url')
      .slice(0, 22),
    ...key,
    calls: group['calls'] as unknown,
    ...(repeats.length === 0 ? {} : { rc: repeats }),
    c: group['c'] as unknown,
    ...readStoredTokens(group),
    asOf: group['asOf'] as unknown,
  };
}

function shardKey({ u, q }: RollupDocument): Document {
  return { u: u === undefined ? { $exists: false } : u, q };
}
