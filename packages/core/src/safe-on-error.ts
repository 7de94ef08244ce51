import type { MeterOptions } from './options.ts';

/** An `onError` that may throw, or reject, without harm. */
export function safeOnError(onError: MeterOptions['onError']): NonNullable<MeterOptions['onError']> {
  return (error, record) => {
    try {
      const told: unknown = onError?.(error, record);
      if (told instanceof Promise) told.catch(() => undefined);
    } catch {
      // The app's own reporting failed; there is nobody left to tell.
    }
  };
}
