import type { UsageAddition } from './usage-frame.ts';
import type { UsageCounts, UsageSnapshot } from './usage-snapshot.ts';

/** The snapshot with one more answer in it. What is unknown stays unknown. */
export function addUsage(usage: UsageSnapshot, added: Partial<UsageAddition>): UsageSnapshot {
  const { counts = {}, cost } = added;
  // Where the total is unknown, the parts are what is known of it.
  const { total = (counts.input ?? 0) + (counts.output ?? 0) } = added;
  const paid = (currency: string | undefined): number => (cost?.currency === currency ? Number(cost?.amount ?? 0) : 0);
  const sums: { -readonly [Kind in keyof UsageCounts]: number } = { ...usage.counts };
  for (const kind in sums) sums[kind as keyof UsageCounts]! += counts[kind as keyof UsageCounts] ?? 0;
  const { quota } = usage;
  return {
    ...usage,
    total: usage.total + total,
    counts: sums,
    ...(usage.cost && {
      // For the screen only, until the server's own sum is there.
      cost: { ...usage.cost, amount: (Number(usage.cost.amount) + paid(usage.cost.currency)).toFixed(9) },
    }),
    ...(quota && { quota: { ...quota, used: quota.used + (quota.unit === 'cost' ? paid(quota.currency) : total) } }),
    last: { total, ...(cost && { cost }) },
  };
}
