import { isRefused } from './usage-database.ts';
import type { Pace } from './pace.ts';

/** Thrown inside the protocol once its owner gave up: what is under way is left to recovery. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** How the protocol keeps at something until the outcome is definite. */
export interface Persistence {
  readonly pace: Pace;
  /** True once the owner closed for good. */
  isStopped(): boolean;
  /** Hears of each failed attempt. */
  onRetry(error: unknown): void;
}

/**
 * Repeats a command that may be executed twice until it succeeds.
 *
 * @throws {@link StoppedError} once stopped; with `failsWhenRefused` also the error of a command that was refused outright.
 */
export async function persist<T>(
  command: () => Promise<T>,
  persistence: Persistence,
  { failsWhenRefused = false } = {},
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    if (persistence.isStopped()) throw new StoppedError('closed while the outcome was unknown');
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next attempt is only for when this one fails
      return await command();
    } catch (error) {
      if (failsWhenRefused && isRefused(error)) throw error;
      persistence.onRetry(error);
    }
    // oxlint-disable-next-line no-await-in-loop -- see above
    await persistence.pace.backOff(attempt);
  }
}
