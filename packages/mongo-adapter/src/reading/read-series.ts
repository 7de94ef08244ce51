import type { SeriesQuery, UsagePoint } from '@kilotoken/core';
import { addTokens, compareGroups, pointGroup, timeBuckets, tokenTotals, usagePoint } from '@kilotoken/core/store-kit';
import type { TokenSums } from '@kilotoken/core/store-kit';
import type { Collections } from '../driver/collections.ts';
import { decodeText } from '../ledger/text.ts';
import { seriesSlots } from './series-slots.ts';
import type { SlotSums } from './slot-sums.ts';

const groupFields = { model: 'm', user: 'u', tenant: 'tn' } as const;

interface Sum {
  calls: number;
  readonly repeated: Set<string>;
  readonly tokens: TokenSums;
  picoUsd: bigint;
}

/** Sums per bucket, from sums per slot of 15 minutes: on such borders every time zone can be cut. */
export async function readSeries(query: SeriesQuery, collections: Collections): Promise<readonly UsagePoint[]> {
  const { bucket, timeZone, by } = query;
  const buckets = timeBuckets(bucket, timeZone);
  const field = by === undefined ? undefined : groupFields[by];
  const sums = new Map<number, Map<string | undefined, Sum>>();
  // Slots come mostly in their order, and to find a bucket of a time zone takes many times what a sum takes.
  let span = { start: 0, end: 0 };
  const add = (slot: SlotSums): void => {
    const at = slot.at.getTime();
    if (at < span.start || at >= span.end) span = buckets.spanOf(at);
    const { start } = span;
    const groups = entry(sums, start, () => new Map<string | undefined, Sum>());
    const sum = entry(groups, slot.group, () => ({ calls: 0, repeated: new Set<string>(), tokens: {}, picoUsd: 0n }));
    sum.calls += slot.calls;
    if (slot.call !== undefined) sum.repeated.add(slot.call);
    addTokens(sum.tokens, slot.tokens);
    sum.picoUsd += slot.picoUsd;
  };
  for (const slot of await seriesSlots(query, field, buckets, collections)) add(slot);
  return [...sums]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([start, groups]) =>
      [...groups]
        .map(([key, sum]) => [key === undefined ? undefined : decodeText(key), sum] as const)
        .toSorted(([a], [b]) => compareGroups(a, b))
        .map(([key, { calls, repeated, tokens, picoUsd }]) =>
          usagePoint({
            at: new Date(start),
            calls: calls + repeated.size,
            tokens: tokenTotals(tokens),
            picoUsd,
            ...pointGroup(by, key),
          }),
        ),
    );
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
