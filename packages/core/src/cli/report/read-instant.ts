import { MeterError } from '../../errors.ts';
import { localDate } from '../../storage/local-date.ts';
import { timeBuckets } from '../../storage/time-buckets.ts';

const hourMs = 3_600_000;

/**
 * Reads an instant as people type it: a date is the beginning of that day in `timeZone`, anything longer is ISO 8601
 * with its offset.
 *
 * @throws {@link MeterError} `invalid_options` where it is neither, or that day does not exist there.
 */
export function readInstant(name: string, text: string, timeZone: string): Date {
  const invalid = (): MeterError =>
    new MeterError(
      'invalid_options',
      `--${name} must be a date (2026-11-25) or a timestamp with an offset (2026-11-25T08:00:00Z), not "${text}"`,
    );
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) {
    const at = new Date(text);
    if (!/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(text) || Number.isNaN(at.getTime())) throw invalid();
    return at;
  }
  const { spanOf } = timeBuckets('day', timeZone);
  const dateOf = localDate(timeZone);
  const utc = Date.parse(`${text}T12:00:00Z`);
  if (Number.isNaN(utc)) throw invalid();
  // Where it is noon in UTC, it is that day everywhere, or the next one east of +12.
  for (const hours of [0, -24]) {
    const { start } = spanOf(utc + hours * hourMs);
    if (dateOf(new Date(start)) === text) return new Date(start);
  }
  throw invalid();
}
