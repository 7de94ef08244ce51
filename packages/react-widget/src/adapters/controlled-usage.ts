import type { UsageState } from '../store/usage-state.ts';
import type { UsageSnapshot } from '../usage/usage-snapshot.ts';

/** Properties for a controlled `TokenMeter`. */
export interface ControlledUsage {
  readonly usage?: unknown;
  readonly status: UsageState['status'];
  readonly stale: boolean;
  readonly onRetry: () => unknown;
}

/** Joins what data libraries know about a request. */
export function controlledUsage(data: unknown, error: unknown, onRetry: () => unknown): ControlledUsage {
  const hasData = data !== undefined && data !== null;
  const hasError = error !== undefined && error !== null;
  return {
    ...(hasData && { usage: data }),
    // Libraries keep what they know, also of somebody who has left.
    status:
      (error as { status?: unknown } | null | undefined)?.status === 401
        ? 'unauthorized'
        : hasData
          ? 'ready'
          : hasError
            ? 'error'
            : 'loading',
    stale: hasData && hasError,
    onRetry,
  };
}

/**
 * Of two snapshots the newer one: what was on screen never gives way to an older answer.
 *
 * @example
 * ```ts
 * const shown = newerSnapshot(known, answered);
 * ```
 */
export function newerSnapshot<Snapshot extends Pick<UsageSnapshot, 'rev'>>(
  known: Snapshot | undefined,
  next: Snapshot,
): Snapshot {
  return known !== undefined && known.rev > next.rev ? known : next;
}
