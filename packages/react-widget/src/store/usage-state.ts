import type { UsageSnapshot } from '../usage/usage-snapshot.ts';

/** What there is to show. Immutable: a change gives a new object. */
export interface UsageState {
  /** `unauthorized`: the endpoint answered 401, or the store was reset; nothing is known and nothing is asked. */
  readonly status: 'loading' | 'ready' | 'error' | 'unauthorized';
  /** Confirmed usage and pending frames in one. */
  readonly usage?: UsageSnapshot;
  /** Part of `usage` comes from a frame the server has not confirmed yet. */
  readonly pending: boolean;
  /** The last request failed: `usage` is what was known before. */
  readonly stale: boolean;
  /** Why the last request failed. */
  readonly error?: UsageError;
  /** When `usage` was last confirmed, in milliseconds since 1970, by this machine's clock. */
  readonly updatedAt?: number;
}

/** What went wrong while reading usage. */
export interface UsageError extends Error {
  /**
   * `network`: no answer. `http`: an answer other than 2xx, see `status`. `malformed`: an answer or a frame, or a part
   * of it, that is not usage.
   */
  readonly code: 'network' | 'http' | 'malformed';
  /** The HTTP status, with `http`. */
  readonly status?: number;
}

export function usageError(code: UsageError['code'], cause: unknown, status?: number): UsageError {
  const error = new Error(`kilotoken: ${code} ${String(status ?? cause)}`, { cause });
  return Object.assign(error, { code, status }) as UsageError;
}
