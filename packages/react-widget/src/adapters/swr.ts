import { fetchUsage } from '../store/fetch-usage.ts';
import type { UsageSource } from '../store/fetch-usage.ts';
import type { UsageSnapshot } from '../usage/usage-snapshot.ts';
import { controlledUsage } from './controlled-usage.ts';
import type { ControlledUsage } from './controlled-usage.ts';

export type { ControlledUsage } from './controlled-usage.ts';
export { newerSnapshot } from './controlled-usage.ts';

/**
 * Creates a fetcher for SWR. The key must contain the URL of the endpoint and the user: with the URL alone, SWR would show the next
 * user who signs in the numbers of the previous one.
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
 * Converts SWR's result to the props of a controlled `TokenMeter`.
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
