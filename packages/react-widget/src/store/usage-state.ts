import type { UsageSnapshot } from '../usage/usage-snapshot.ts';

/** The state of a store. Immutable: each change creates a new object. */
export interface UsageState {
  /** `unauthorized`: the endpoint answered 401, or the store was reset; no usage is known and nothing is requested. */
  readonly status: 'loading' | 'ready' | 'error' | 'unauthorized';
  /** The confirmed usage plus frames that are still pending. */
  readonly usage?: UsageSnapshot;
  /** Whether part of `usage` comes from a frame that the server has not confirmed yet. */
  readonly pending: boolean;
  /** Whether the last request failed, so that `usage` may be out of date. */
  readonly stale: boolean;
  /** Why the last request failed. */
  readonly error?: UsageError;
  /** When `usage` was last confirmed, in milliseconds since 1970, by this machine's clock. */
  readonly updatedAt?: number;
}

/** An error while reading usage. */
export interface UsageError extends Error {
  /**
   * `network`: no answer. `http`: an answer other than 2xx, see `status`. `malformed`: an answer or a frame that is not usage, in
   * whole or in part.
   */
  readonly code: 'network' | 'http' | 'malformed';
  /** The HTTP status, if `code` is `http`. */
  readonly status?: number;
}

export function usageError(code: UsageError['code'], cause: unknown, status?: number): UsageError {
  const error = new Error(`kilotoken: ${code} ${String(status ?? cause)}`, { cause });
  return Object.assign(error, { code, status }) as UsageError;
}
