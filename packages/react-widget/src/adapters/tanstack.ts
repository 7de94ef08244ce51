import { fetchUsage } from '../store/fetch-usage.ts';
import type { UsageSource } from '../store/fetch-usage.ts';
import type { UsageSnapshot } from '../usage/usage-snapshot.ts';
import { controlledUsage, newerSnapshot } from './controlled-usage.ts';
import type { ControlledUsage } from './controlled-usage.ts';

export type { ControlledUsage } from './controlled-usage.ts';

/** Options for `useQuery`. */
export interface UsageQueryOptions {
  readonly queryKey: readonly ['kilotoken', string];
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<UsageSnapshot>;
  /** Never replaces what is known by an older answer. */
  readonly structuralSharing: (known: unknown, next: unknown) => unknown;
  /** The library tries again by itself. */
  readonly retry: false;
}

/**
 * Options for TanStack Query's `useQuery`, for apps that keep all their data there. Call `invalidateQueries` with the same key after
 * an answer to refresh it.
 *
 * @param userKey - Identifies the user in the query key.
 *
 * @example
 * ```tsx
 * const query = useQuery(usageQuery(user.id, { src: '/api/usage' }));
 * return <TokenMeter {...queryUsage(query)} />;
 * ```
 */
export function usageQuery(userKey: string, source: UsageSource): UsageQueryOptions {
  return {
    queryKey: ['kilotoken', userKey],
    queryFn: async ({ signal }) => (await fetchUsage(source, signal)) as UsageSnapshot,
    structuralSharing: (known, next) => newerSnapshot(known as UsageSnapshot | undefined, next as UsageSnapshot),
    retry: false,
  };
}

/**
 * Converts a query's result to the props of a controlled `TokenMeter`.
 *
 * @example
 * ```tsx
 * return <TokenMeter {...queryUsage(useQuery(usageQuery(userId, { src: '/api/usage' })))} />;
 * ```
 */
export function queryUsage(query: {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly refetch: () => unknown;
}): ControlledUsage {
  return controlledUsage(query.data, query.error, query.refetch);
}
