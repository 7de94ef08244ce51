import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { readUsageSnapshot } from '../usage/read-usage.ts';
import { usageError } from '../store/usage-state.ts';
import type { UsageState } from '../store/usage-state.ts';
import type { TokenMeterProps } from './token-meter-props.ts';
import { useOwnStore } from './use-own-store.ts';
import { useUsageStore } from './usage-provider.ts';
import { tokenUsage } from './use-token-usage.ts';
import type { TokenUsage } from './use-token-usage.ts';

/** Where the widget's usage comes from: the app itself, its store, or a store made here. */
export function useMeterState(props: TokenMeterProps): TokenUsage {
  const { store, thresholds, status, stale = false, onRetry, usage: given } = props;
  const isControlled = given !== undefined || status !== undefined;
  const inherited = useUsageStore();
  const own = useOwnStore(isControlled ? {} : props);
  // The app's store, else, without an endpoint of its own, the inherited one.
  const used = (!isControlled && (store ?? ((props.src ?? props.fetcher) ? undefined : inherited))) || own();
  const live = useSyncExternalStore(used.subscribe, used.get, used.getServer);
  const [usage, fault] = useMemo(() => {
    let first: string | undefined;
    const read = readUsageSnapshot(given, (field) => (first ??= field));
    return [read, first ?? (read || given == null ? '' : 'usage')];
  }, [given]);
  useEffect(() => {
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- a new object with the same fault is no news
    if (fault) props.onError?.(usageError('malformed', fault));
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [fault]);
  if (!isControlled) return tokenUsage(live, thresholds, used);
  const state = {
    status: (status !== 'ready' && status) || (usage ? 'ready' : fault ? 'error' : 'loading'),
    usage,
    pending: false,
    stale,
    updatedAt: Date.parse(usage?.asOf ?? '') || undefined,
  } as UsageState;
  // Nothing in the widget reads what `refresh` resolves with.
  return tokenUsage(state, thresholds, { ...used, refresh: async () => onRetry?.() as never });
}
