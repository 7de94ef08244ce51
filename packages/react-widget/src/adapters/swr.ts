import { fetchUsage } from '../store/fetch-usage.ts';
import type { UsageSource } from '../store/fetch-usage.ts';
import type { UsageSnapshot } from '../usage/usage-snapshot.ts';
import { controlledUsage } from './controlled-usage.ts';
import type { ControlledUsage } from './controlled-usage.ts';

export type { ControlledUsage } from './controlled-usage.ts';
export { newerSnapshot } from './controlled-usage.ts';

/**
 * A fetcher for SWR whose key is the address of the endpoint.
 *
 * @example
 * ```tsx
 * const usage = useSWR('/api/usage', usageFetcher());
 * return <TokenMeter {...swrUsage(usage)} />;
 * ```
 */
export function usageFetcher(
  source: Omit<UsageSource, 'src' | 'fetcher'> = {},
): (src: string) => Promise<UsageSnapshot> {
  return async (src) => (await fetchUsage({ ...source, src }, new AbortController().signal)) as UsageSnapshot;
}

/**
 * SWR's answer as properties of a controlled `TokenMeter`.
 *
 * @example
 * ```tsx
 * return <TokenMeter {...swrUsage(useSWR('/api/usage', usageFetcher()))} />;
 * ```
 */
export function swrUsage(answer: {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly mutate: () => unknown;
}): ControlledUsage {
  return controlledUsage(answer.data, answer.error, () => answer.mutate());
}
