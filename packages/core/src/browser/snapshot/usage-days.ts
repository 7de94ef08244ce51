import { localDate } from '../../storage/local-date.ts';
import { timeBuckets } from '../../storage/time-buckets.ts';
import type { UsageStore } from '../../storage/usage-store.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import { shownCount } from '../usage-counts.ts';
import type { CostAmount } from '../cost-amount.ts';
import type { UsageSubject } from '../usage-subject.ts';

/**
 * Usage of one day.
 *
 * @example
 * ```ts
 * const day: UsageDay = { day: '2026-11-22', total: 4_100 };
 * ```
 */
export interface UsageDay {
  /** Date in the requested time zone, `YYYY-MM-DD`. */
  readonly day: string;
  /** Tokens of the day, 0 without calls. */
  readonly total: number;
  /** Only with `expose: ['cost']`, and if something is priced. */
  readonly cost?: CostAmount;
}

/** The last `count` days up to today, oldest first, without gaps. */
export async function usageDays(
  store: UsageStore,
  subject: UsageSubject,
  { count, timeZone, now }: { readonly count: number; readonly timeZone: string; readonly now: Date },
  priceOf: ((picoUsd: bigint, isComplete: boolean) => CostAmount | undefined) | undefined,
): Promise<readonly UsageDay[]> {
  const { spanOf } = timeBuckets('day', timeZone);
  const spans = [spanOf(now.getTime())];
  for (let first = spans[0]; spans.length < count && first !== undefined; first = spans[0]) {
    spans.unshift(spanOf(first.start - 1));
  }
  const from = new Date(spans[0]?.start ?? 0);
  const to = new Date(spans.at(-1)?.end ?? 0);
  // The days reach back beyond the period, so what is complete there says nothing about them.
  const isComplete = priceOf !== undefined && (await store.totals({ ...subject, from, to })).unpricedCalls === 0;
  const points = await store.series({ ...subject, bucket: 'day', timeZone, from, to });
  const byStart = new Map(points.map((point) => [point.at.getTime(), point]));
  const dateOf = localDate(timeZone);
  return spans.map(({ start }) => {
    const point = byStart.get(start);
    return withoutUndefined<UsageDay>({
      day: dateOf(new Date(start)),
      total: shownCount(point?.tokens.totalTokens ?? 0),
      cost: point === undefined ? undefined : priceOf?.(point.picoUsd, isComplete),
    });
  });
}
