import { fetchUsage } from '../store/fetch-usage.ts';
import type { UsageSource } from '../store/fetch-usage.ts';
import type { UsageSnapshot } from '../usage/usage-snapshot.ts';
import { controlledUsage } from './controlled-usage.ts';
import type { ControlledUsage } from './controlled-usage.ts';

export type { ControlledUsage } from './controlled-usage.ts';
export { newerSnapshot } from './controlled-usage.ts';

/**
 * A fetcher for SWR. Its key is the address of the endpoint and the user: by the address alone SWR would show the next one
 * who signs in what it knows of the last.
 *
 * @example
 * ```tsx
 * const fetcher = usageFetcher();
 * const usage = useSWR(['/api/usage', user.id], ([src]) => fetcher(src));
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
 * return <TokenMeter {...swrUsage(useSWR(['/api/usage', user.id], ([src]) => fetcher(src)))} />;
 * ```
 */
export function swrUsage(answer: {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly mutate: () => unknown;
}): ControlledUsage {
  return controlledUsage(answer.data, answer.error, () => answer.mutate());
}
