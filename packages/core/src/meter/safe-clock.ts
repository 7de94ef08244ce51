import { MeterError } from '../errors.ts';
import { gotText, isInstant } from '../wrong-option.ts';

/** A clock that may throw, or tell no time, without harm: then the system's time is taken. The system's where none is given. */
export function safeClock(clock: (() => Date) | undefined, onError: (error: MeterError) => void): () => Date {
  if (clock === undefined) return systemClock;
  return () => {
    try {
      const told: unknown = clock();
      // A copy: the app may go on to move its own.
      if (isInstant(told)) return new Date(told);
      const message = `the clock returned no valid Date, but ${gotText(told)}; the system time was used`;
      onError(new MeterError('metering_failed', message));
    } catch (cause) {
      onError(new MeterError('metering_failed', 'the clock threw; the system time was used', { cause }));
    }
    return systemClock();
  };
}

function systemClock(): Date {
  return new Date();
}
