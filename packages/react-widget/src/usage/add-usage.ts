import type { UsageAddition } from './usage-frame.ts';
import type { UsageCounts, UsageSnapshot } from './usage-snapshot.ts';

/** The snapshot with one more answer in it. What is unknown stays unknown. */
export function addUsage(usage: UsageSnapshot, { total, counts, cost }: UsageAddition): UsageSnapshot {
  const { quota } = usage;
  const sums: { -readonly [Kind in keyof UsageCounts]: number } = { ...usage.counts };
  for (const kind of Object.keys(sums) as (keyof UsageCounts)[]) sums[kind] = (sums[kind] ?? 0) + (counts?.[kind] ?? 0);
  const paid = (currency: string | undefined): number => (cost?.currency === currency ? Number(cost?.amount ?? 0) : 0);
  return {
    ...usage,
    total: usage.total + total,
    counts: sums,
    ...(usage.cost && {
      // For the screen only, until the server's own sum is there.
      cost: { ...usage.cost, amount: (Number(usage.cost.amount) + paid(usage.cost.currency)).toFixed(9) },
    }),
    ...(quota && {
      quota: { ...quota, used: quota.used + (quota.unit === 'cost' ? paid(quota.currency) : total) },
    }),
    last: { total, ...(cost && { cost }) },
  };
}
