import { useMemo } from 'react';
import { usageLevel, usageRatio } from '../format/usage-level.ts';
import { readUsageSnapshot } from '../usage/read-usage.ts';
import type { TokenMeterProps } from './token-meter-props.ts';
import { useOwnStore } from './use-own-store.ts';
import { useTokenUsage } from './use-token-usage.ts';
import type { TokenUsage } from './use-token-usage.ts';

/** Where the widget's usage comes from: the app itself, its store, or a store made here. */
export function useMeterState(props: TokenMeterProps): TokenUsage {
  const { src, fetcher, store, thresholds, status, stale = false, onRetry, usage: given } = props;
  const isControlled = given !== undefined || status !== undefined;
  const isOwn = !isControlled && store === undefined && (src !== undefined || fetcher !== undefined);
  const own = useOwnStore(isOwn ? props : undefined);
  const live = useTokenUsage(store ?? own, thresholds);
  const usage = useMemo(() => (given == null ? undefined : readUsageSnapshot(given, () => undefined)), [given]);
  if (!isControlled) return live;
  const isMalformed = given != null && usage === undefined;
  const state = {
    status: status ?? (isMalformed ? 'error' : usage ? 'ready' : 'loading'),
    pending: false,
    stale,
    ...(usage && { usage }),
    ...(usage?.asOf !== undefined && { updatedAt: Date.parse(usage.asOf) }),
  } as const;
  const ratio = usageRatio(usage);
  return {
    ...live,
    ...state,
    level: usageLevel(state, thresholds),
    refresh: async () => {
      await onRetry?.();
      return state;
    },
    ...(ratio !== undefined && { ratio }),
  };
}
