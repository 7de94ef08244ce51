import { useState, useSyncExternalStore } from 'react';
import { usageLevel, usageRatio } from '../format/usage-level.ts';
import type { UsageLevel, UsageThresholds } from '../format/usage-level.ts';
import { createUsageStore } from '../store/create-usage-store.ts';
import type { UsageStore } from '../store/create-usage-store.ts';
import type { UsageState } from '../store/usage-state.ts';
import { useUsageStore } from './usage-provider.ts';

/** The usage of a user, and functions to update it. */
export interface TokenUsage extends UsageState {
  /** Used share of the quota; above 1 over the limit, absent without a quota. */
  readonly ratio?: number;
  readonly level: UsageLevel;
  /** Requests the usage now; never rejects. */
  readonly refresh: () => Promise<UsageState>;
  /** Takes a usage frame or a snapshot. */
  readonly apply: (frameOrSnapshot: unknown) => boolean;
}

/**
 * Returns the usage of a user, live. Rerenders when it changes, at most once per animation frame.
 *
 * @param store - Default: the store of the nearest `KilotokenProvider`. With neither, the usage stays `loading`.
 * @param thresholds - Shares of the quota at which usage counts as near and as critical. Default 0.75 and 0.9.
 *
 * @example
 * ```tsx
 * const { usage, level } = useTokenUsage(store);
 * ```
 */
export function useTokenUsage(store?: UsageStore, thresholds?: UsageThresholds): TokenUsage {
  const inherited = useUsageStore();
  const [own] = useState(createUsageStore);
  const used = store ?? inherited ?? own;
  return tokenUsage(useSyncExternalStore(used.subscribe, used.get, used.getServer), thresholds, used);
}

/** A state and what follows from it. */
export function tokenUsage(
  state: UsageState,
  thresholds: UsageThresholds | undefined,
  { refresh, apply }: Pick<TokenUsage, 'refresh' | 'apply'>,
): TokenUsage {
  const ratio = usageRatio(state.usage);
  return { ...state, level: usageLevel(state, thresholds), ratio, refresh, apply } as TokenUsage;
}
