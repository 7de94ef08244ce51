import type { UsageQuery } from '@kilotoken/core';
import type { TimeBuckets } from '@kilotoken/core/store-kit';
import type { Collections } from '../driver/collections.ts';
import { slotMs } from '../ledger/ledger-row.ts';
import { bucketStart, startsOf } from './bucket-start.ts';
import { countedSlot, sumOfSlots } from './counted-slot.ts';
import type { CountedSlot } from './counted-slot.ts';
import { ledgerFilter } from './ledger-filter.ts';
import { rollupFilter } from './rollup-filter.ts';
import type { GroupField } from './slot-sums.ts';

/** More users than these, or longer names, are not looked up one by one in the index: all rows are read. */
const maxUsers = 20_000;
const maxUserText = 400_000;
/** Spans of time looked up one by one in the index. */
const maxSpans = 10;
const maxGapMs = 24 * 3_600_000;

/** Sums of slots that the roll-ups do not have as they are now, from the rows. */
export async function freshSlots(
  query: UsageQuery,
  { field, buckets, changedSince }: { field: GroupField | undefined; buckets: TimeBuckets; changedSince: Date },
  collections: Collections,
  slots: readonly number[],
): Promise<CountedSlot[]> {
  const sorted = slots.toSorted((a, b) => a - b);
  if (sorted.length === 0) return [];
  const filter = ledgerFilter(query);
  const users = query.userId === undefined ? await usersOf(query, sorted, changedSince, collections) : undefined;
  const ofUsers = users === undefined ? {} : { u: { $in: users as string[] } };
  // An alternative at the top is planned branch by branch, and each is one look at the index of users and times.
  const $match = {
    $or: spansOf(sorted).map((span) => ({
      $and: [
        filter,
        ofUsers,
        { t: { $gte: new Date(span.from), $lt: new Date(span.to) } },
        { q: { $in: span.slots.map((at) => new Date(at)) } },
      ],
    })),
  };
  const at = bucketStart(startsOf(buckets, sorted));
  const repeats = { $cond: ['$rp', ['$cid'], '$$REMOVE'] };
  const groups = await collections.ledger
    .aggregate([{ $match }, sumOfSlots({ at, field, calls: { $sum: { $cond: ['$rp', 0, 1] } }, repeats })], {
      allowDiskUse: true,
    })
    .toArray();
  return groups.map(countedSlot);
}

/**
 * Who has rows in these slots: those that had when the roll-ups were worked out, and those of the rows that changed since.
 * Rows are found by user and time, and by time alone only one by one. Nothing where they are too many.
 */
async function usersOf(
  query: UsageQuery,
  slots: readonly number[],
  changedSince: Date,
  { ledger, rollups }: Collections,
): Promise<readonly (string | null)[] | undefined> {
  const stages = [{ $group: { _id: '$u' } }, { $limit: maxUsers + 1 }];
  const groups = await Promise.all([
    ledger
      .aggregate<{ _id: string | null }>([
        { $match: { $and: [ledgerFilter(query), { i: { $gte: changedSince } }] } },
        ...stages,
      ])
      .toArray(),
    rollups
      .aggregate<{ _id: string | null }>([
        { $match: { $and: [rollupFilter(query), { q: { $in: slots.map((at) => new Date(at)) } }] } },
        ...stages,
      ])
      .toArray(),
  ]);
  // Nobody is there in any case: while somebody is erased, the rows are nobody's before the roll-ups are.
  const users = new Set([null, ...groups.flat().map(({ _id }) => _id)]);
  const textLength = [...users].reduce((length, user) => length + (user?.length ?? 0), 0);
  return users.size > maxUsers || textLength > maxUserText ? undefined : [...users];
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly slots: readonly number[];
}

/** The slots, in their order, as few spans: whatever lies within a day is one, and the widest gaps stay. */
function spansOf(sorted: readonly number[]): readonly Span[] {
  const cuts = sorted
    .map((at, place) => ({ place, width: at - (sorted[place - 1] ?? at) }))
    .filter(({ width }) => width > maxGapMs)
    .toSorted((a, b) => b.width - a.width)
    .slice(0, maxSpans - 1)
    .map(({ place }) => place)
    .toSorted((a, b) => a - b);
  return [0, ...cuts].map((place, index) => {
    const slots = sorted.slice(place, cuts[index]);
    return { from: slots[0] ?? 0, to: (slots.at(-1) ?? 0) + slotMs, slots };
  });
}
