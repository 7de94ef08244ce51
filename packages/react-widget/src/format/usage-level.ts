import type { UsageState } from '../store/usage-state.ts';
import type { UsageSnapshot } from '../usage/usage-snapshot.ts';

/** The visual state of the widget: `data-state` of its root. */
export type UsageLevel = 'loading' | 'empty' | 'ok' | 'near' | 'critical' | 'over' | 'error' | 'unauthorized';

/** Shares of the quota, from 0 to 1, at which usage counts as near and as critical. */
export type UsageThresholds = readonly [near: number, critical: number];

export const defaultThresholds: UsageThresholds = [0.75, 0.9];

/**
 * Returns the used share of the quota: above 1 if over the limit, `undefined` without a quota.
 *
 * @example
 * ```ts
 * const percent = Math.round(100 * (usageRatio(usage) ?? 0));
 * ```
 */
export function usageRatio(usage: UsageSnapshot | undefined): number | undefined {
  const quota = usage?.quota;
  // A limit of nothing is reached by nothing.
  return quota && (quota.limit > 0 ? quota.used / quota.limit : 1);
}

/**
 * Returns the visual state that belongs to a store's state.
 *
 * @example
 * ```ts
 * const level = usageLevel(store.get(), [0.5, 0.9]);
 * ```
 */
export function usageLevel(state: UsageState, [near, critical] = defaultThresholds): UsageLevel {
  const { status, usage } = state;
  if (!usage || status === 'unauthorized') return status === 'ready' ? 'loading' : status;
  const ratio = usageRatio(usage) ?? 0;
  if (ratio >= 1) return 'over';
  if (ratio >= critical) return 'critical';
  if (ratio >= near) return 'near';
  return usage.total === 0 ? 'empty' : 'ok';
}
