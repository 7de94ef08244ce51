import type { SeriesQuery } from '@kilotoken/core';
import type { TimeBuckets, TokenSums } from '@kilotoken/core/store-kit';
import type { Filter } from 'mongodb';
import type { Collections, RollupDocument } from '../driver/collections.ts';
import { slotMs, slotOf } from '../ledger/ledger-row.ts';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import { tokenNames } from '../ledger/token-names.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { rollupStateId } from '../rollups/roll-up-lease.ts';
import { rollupOverlapMs } from '../rollups/roll-up.ts';
import { bucketStart, startsWithin } from './bucket-start.ts';
import { countedSlot, sumOfSlots } from './counted-slot.ts';
import type { CountedSlot } from './counted-slot.ts';
import { freshSlots } from './fresh-slots.ts';
import { ledgerFilter } from './ledger-filter.ts';
import { liveSlots } from './live-slots.ts';
import { rollupFilter } from './rollup-filter.ts';
import type { GroupField, SlotSums } from './slot-sums.ts';

/**
 * Sums per slot or bucket: from the roll-ups where they are up to date, from the rows everywhere else, so that a chart
 * always equals the ledger.
 */
export async function seriesSlots(
  query: SeriesQuery,
  field: GroupField | undefined,
  buckets: TimeBuckets,
  collections: Collections,
): Promise<SlotSums[]> {
  const { conversationId, messageId, tags } = query;
  const state = await collections.rollups.findOne({ _id: rollupStateId });
  const doneAt = state?.['doneAt'];
  const isSplitFinely = conversationId !== undefined || messageId !== undefined || Object.keys(tags ?? {}).length > 0;
  if (isSplitFinely || !(doneAt instanceof Date)) return liveSlots(query, field, collections);

  const filter = ledgerFilter(query);
  const changedSince = new Date(doneAt.getTime() - rollupOverlapMs);
  // Asked first: a slot that changes after this question may be read from the roll-ups as it was before.
  const changed = await collections.ledger
    .aggregate<{ _id: Date }>([
      { $match: { $and: [filter, { i: { $gte: changedSince } }] } },
      { $group: { _id: '$q' } },
    ])
    .toArray();
  const live = new Set(changed.map(({ _id }) => _id.getTime()));
  for (const border of [query.from, query.to]) {
    // A slot that is asked for in part.
    if (border !== undefined && border.getTime() % slotMs !== 0) live.add(slotOf(border.getTime()));
  }
  const [rolled, fresh] = await Promise.all([
    rolledSlots(query, field, buckets, collections, live),
    freshSlots(query, { field, buckets, changedSince }, collections, [...live]),
  ]);
  const sums = fresh.length === 0 ? rolled : [...rolled, ...fresh];
  const repeats = new Set(sums.flatMap(({ repeats: calls }) => calls));
  return repeats.size === 0 ? sums : [...sums, ...(await repeatedCalls(filter, field, collections, [...repeats]))];
}

async function rolledSlots(
  query: SeriesQuery,
  field: GroupField | undefined,
  buckets: TimeBuckets,
  { rollups }: Collections,
  except: ReadonlySet<number>,
): Promise<CountedSlot[]> {
  const filter = rollupFilter(query);
  const match = except.size === 0 ? filter : { $and: [filter, { q: { $nin: [...except].map((at) => new Date(at)) } }] };
  if (typeof query.userId === 'string') {
    // One user has few of them, and as they are they are smaller than any sum over them. They come as numbers where those
    // are exact, and each is read into its sums at once: of thousands of documents kept until the last one had come, more
    // than half of the time went into clearing them away.
    const unused = ['_id', 'p', 'asOf', 'm', 'u', 'tn'].filter((name) => name !== field);
    return rollups
      .find(match, {
        projection: Object.fromEntries(unused.map((name) => [name, 0])),
        promoteLongs: true,
        batchSize: 100_000,
      })
      .map((rollup) => rolledSlot(rollup, field))
      .toArray();
  }
  const end = async (q: 1 | -1): Promise<number> =>
    Number((await rollups.findOne(filter, { sort: { q }, projection: { _id: 0, q: 1 } }))?.['q'] ?? 0);
  const bucketOf = async (): Promise<unknown> => {
    const [first, last] = await Promise.all([end(1), end(-1)]);
    return bucketStart(startsWithin(buckets, { first, last }));
  };
  // An hour has four slots: to name its border would take longer than it spares.
  const at = query.bucket === 'hour' ? '$q' : await bucketOf();
  const stage = sumOfSlots({ at, field, calls: { $sum: '$calls' }, repeats: '$rc' });
  return (await rollups.aggregate([{ $match: match }, stage], { allowDiskUse: true }).toArray()).map(countedSlot);
}

function rolledSlot(rollup: Omit<RollupDocument, '_id'>, field: GroupField | undefined): CountedSlot {
  const group = field === undefined ? undefined : rollup[field];
  const tokens: TokenSums = {};
  for (const [total, name] of tokenNames) {
    const value = rollup[name];
    if (value !== undefined) tokens[total] = typeof value === 'number' ? value : Number(wholeNumber(value));
  }
  return {
    at: rollup['q'] as Date,
    group: typeof group === 'string' ? group : undefined,
    calls: Number(rollup['calls']),
    repeats: (rollup['rc'] as string[] | undefined) ?? [],
    tokens,
    picoUsd: wholeNumber(rollup['c']),
  };
}

/**
 * Calls with several records, by name wherever they have one, so that a bucket that holds two of them counts the call
 * once. The first record was in the plain count of its slot, and is taken out of that again.
 */
async function repeatedCalls(
  filter: Filter<LedgerRow>,
  field: GroupField | undefined,
  { ledger }: Collections,
  calls: readonly string[],
): Promise<SlotSums[]> {
  const rows = await ledger
    .find({ $and: [filter, { cid: { $in: [...calls] } }] })
    .project<Pick<LedgerRow, 'cid' | 'q' | 'rp' | 'm' | 'u' | 'tn'>>({ cid: 1, q: 1, rp: 1, m: 1, u: 1, tn: 1 })
    .toArray();
  return rows.map((row) => ({
    at: row.q,
    group: field === undefined ? undefined : row[field],
    calls: row.rp === true ? 0 : -1,
    call: row.cid,
    tokens: {},
    picoUsd: 0n,
  }));
}
