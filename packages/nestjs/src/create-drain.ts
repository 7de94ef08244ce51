import type { Meter } from '@kilotoken/core';
import type { KilotokenModuleOptions } from './module-options.ts';

/** Empties the meter while the app shuts down. Each method does its work once. */
export interface Drain {
  /** Stores what has ended by then, in the phase of this name, for a part of the time at most. */
  flush(phase: string): Promise<void>;
  /** Closes the meter in what is left of the time, and tells the app. */
  close(): Promise<void>;
}

/** All of it together takes `closeTimeoutMs`, however often Nest calls a hook. */
export function createDrain(meter: Meter, options: KilotokenModuleOptions): Drain {
  let leftMs = options.closeTimeoutMs ?? 5000;
  const flushes = new Map<string, Promise<void>>();
  let closing: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    const began = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // A store that is away now may be back at the end.
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(leftMs / 4, longestTimer));
    });
    // What could not be stored is tried again by the close, which counts it; a refusal was told to `onError`.
    await Promise.race([late, meter.flush().catch(() => undefined)]);
    clearTimeout(timer);
    leftMs -= Math.min(performance.now() - began, leftMs);
  };
  const close = async (): Promise<void> => {
    const { left } = await meter.close({ timeoutMs: leftMs });
    await options.onClosed?.(left);
  };
  return {
    flush(phase) {
      const begun = flushes.get(phase) ?? (closing === undefined ? flush() : closing);
      flushes.set(phase, begun);
      return begun;
    },
    close: () => (closing ??= close()),
  };
}

/** Timers of Node go no further. */
const longestTimer = 2 ** 31 - 1;
