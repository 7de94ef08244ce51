import type { GraceLimits } from '../capture/answer/grace-read.ts';
import type { StopPolicy } from '../options.ts';

/** What the `stop` option comes to. */
export interface ResolvedStop {
  /** How long and how far an answer is read on after the app has left. */
  readonly grace: GraceLimits;
  /** Whether it is read on however far it has got, and not only where its end was seen. */
  readonly drains: boolean;
  /** Pauses before each lookup, in milliseconds; `undefined` where nothing is looked up. */
  readonly lookupWaitsMs: readonly number[] | undefined;
}

/** So long is an answer read on that the app has left, where the `drain` policy gives it no more. */
export const graceMs = 500;

/** Fills in the defaults of the `stop` option. */
export function resolveStop(stop: StopPolicy = 'estimate'): ResolvedStop {
  if (stop === 'drain' || stop === 'lookup') return resolveStop({ policy: stop });
  const grace = { timeoutMs: graceMs, maxBytes: 16 * 1024 };
  if (stop === 'estimate') return { grace, drains: false, lookupWaitsMs: undefined };
  if (stop.policy === 'lookup') {
    const { waitsMs = [1000, 2000, 4000, 8000, 16_000] } = stop;
    return { grace, drains: false, lookupWaitsMs: waitsMs };
  }
  const { timeoutMs = 10_000, maxBytes = 1024 * 1024 } = stop;
  return { grace: { timeoutMs, maxBytes }, drains: true, lookupWaitsMs: undefined };
}
