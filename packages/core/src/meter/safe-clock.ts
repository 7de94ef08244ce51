import { MeterError } from '../errors.ts';

/** A clock that may throw, or tell no time, without harm: then the system's time is taken. The system's where none is given. */
export function safeClock(clock: (() => Date) | undefined, onError: (error: MeterError) => void): () => Date {
  if (clock === undefined) return systemClock;
  return () => {
    try {
      // A copy: the app may go on to move its own.
      const now = new Date(clock().getTime());
      if (!Number.isNaN(now.getTime())) return now;
      onError(new MeterError('metering_failed', 'the clock returned an invalid date; the system time was used'));
    } catch (cause) {
      onError(new MeterError('metering_failed', 'the clock threw; the system time was used', { cause }));
    }
    return systemClock();
  };
}

function systemClock(): Date {
  return new Date();
}
