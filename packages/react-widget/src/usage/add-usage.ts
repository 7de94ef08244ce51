import type { UsageAddition } from './usage-frame.ts';
import type { UsageCounts, UsageSnapshot } from './usage-snapshot.ts';

/** The snapshot with one more answer in it. What is unknown stays unknown. */
export function addUsage(usage: UsageSnapshot, added: Partial<UsageAddition>): UsageSnapshot {
  const { counts = {}, cost } = added;
  // Where the total is unknown, the parts are what is known of it.
  const { total = (counts.input ?? 0) + (counts.output ?? 0) } = added;
  const paid = ({ currency }: { readonly currency?: string }): number =>
    cost && cost.currency === currency ? Number(cost.amount) : 0;
  const sums: { -readonly [Kind in keyof UsageCounts]: number } = { ...usage.counts };
  for (const kind of Object.keys(sums) as (keyof UsageCounts)[]) sums[kind] += counts[kind] ?? 0;
  const { cost: spent, quota } = usage;
  return {
    ...usage,
    total: usage.total + total,
    counts: sums,
    estimated: (usage.estimated ?? 0) + (added.estimated ?? 0),
    // For the screen only, until the server's own sum is there.
    cost: spent && {
      ...spent,
      amount: (Number(spent.amount) + paid(spent)).toFixed(9),
      complete: spent.complete && !!cost?.complete,
    },
    quota: quota && { ...quota, used: quota.used + (quota.unit === 'cost' ? paid(quota) : total) },
    last: { total, cost },
  } as UsageSnapshot;
}
