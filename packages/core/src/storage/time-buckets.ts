import { wrongField } from '../wrong-option.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const slotMs = 15 * minuteMs;
const maxRememberedSlots = 50_000;

/** A bucket as a span of instants in epoch milliseconds: `start` inclusive, `end` exclusive. */
export interface BucketSpan {
  readonly start: number;
  readonly end: number;
}

/** Finds the bucket of an instant. */
export interface TimeBuckets {
  /** The one bucket that holds this instant (epoch milliseconds). Buckets of one object never overlap. */
  spanOf(instant: number): BucketSpan;
}

/**
 * Cuts time into hours, days or months as a wall clock in `timeZone` shows them.
 *
 * Days and months begin at the first instant that carries their date, also where midnight is skipped. Hours are also
 * cut at a change of the clock: an hour the clock shows twice is two buckets, and where a clock moves by half an hour
 * or in the middle of one, the pieces are shorter than an hour. Answers are remembered per quarter of an hour, so a million rows do not format each.
 *
 * @throws {@link MeterError} `invalid_options` when `timeZone` is not known to this runtime.
 */
export function timeBuckets(bucket: 'hour' | 'day' | 'month', timeZone = 'UTC'): TimeBuckets {
  const offsetAt = zoneOffset(timeZone);
  const findSpan =
    bucket === 'hour'
      ? (instant: number) => hourSpan(instant, offsetAt)
      : (instant: number) => dateSpan(instant, offsetAt, bucket === 'day' ? nextDay : nextMonth);
  const remembered = new Map<number, BucketSpan>();
  return {
    spanOf(instant) {
      const slot = Math.floor(instant / slotMs);
      const known = remembered.get(slot);
      // A border may lie inside a slot in historic time, so a remembered span is only a guess.
      if (known !== undefined && instant >= known.start && instant < known.end) return known;
      const span = findSpan(instant);
      if (remembered.size >= maxRememberedSlots) remembered.clear();
      remembered.set(slot, span);
      return span;
    },
  };
}

/** Local wall clock minus UTC at an instant, in milliseconds. */
type OffsetAt = (instant: number) => number;

function zoneOffset(timeZone: string): OffsetAt {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw wrongField('timeZone', 'an IANA time zone this runtime knows', timeZone, cause);
  }
  if (timeZone === 'UTC') return () => 0;
  return (instant) => {
    const whole = Math.floor(instant / 1000) * 1000;
    const field: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(whole)) field[type] = Number(value);
    const local = new Date(0);
    local.setUTCFullYear(field['year'] ?? 0, (field['month'] ?? 1) - 1, field['day'] ?? 1);
    local.setUTCHours(field['hour'] ?? 0, field['minute'] ?? 0, field['second'] ?? 0);
    return local.getTime() - whole;
  };
}

function hourSpan(instant: number, offsetAt: OffsetAt): BucketSpan {
  const offset = offsetAt(instant);
  const intoHour = modulo(instant + offset, hourMs);
  const start = instant - intoHour;
  const end = start + hourMs;
  return {
    start: offsetAt(start) === offset ? start : clockChange(start, instant, offsetAt),
    end: offsetAt(end - 1) === offset ? end : clockChange(instant, end - 1, offsetAt),
  };
}

function dateSpan(instant: number, offsetAt: OffsetAt, next: (localStart: number) => number): BucketSpan {
  const localDay = Math.floor((instant + offsetAt(instant)) / dayMs) * dayMs;
  let localStart = next === nextMonth ? firstOfMonth(localDay) : localDay;
  let start = firstInstant(localStart, offsetAt);
  let end = firstInstant(next(localStart), offsetAt);
  // A clock set back across midnight shows the old date again; that hour stays in the new date's bucket.
  while (instant >= end) {
    localStart = next(localStart);
    start = end;
    end = firstInstant(next(localStart), offsetAt);
  }
  return { start, end };
}

/** The first instant at which the wall clock shows `local` (read as if it were UTC) or later. */
function firstInstant(local: number, offsetAt: OffsetAt): number {
  const before = local - 16 * hourMs;
  const after = local + 16 * hourMs;
  const offsetBefore = offsetAt(before);
  const offsetAfter = offsetAt(after);
  if (offsetBefore === offsetAfter) return local - offsetBefore;
  const change = clockChange(before, after, offsetAt);
  return local - offsetBefore < change ? local - offsetBefore : Math.max(change, local - offsetAfter);
}

/** The first instant in (`from`, `to`] that has the offset of `to`; the two must differ. */
function clockChange(from: number, to: number, offsetAt: OffsetAt): number {
  const newOffset = offsetAt(to);
  let old = from;
  let changed = to;
  while (changed - old > 1) {
    const middle = Math.floor((old + changed) / 2);
    if (offsetAt(middle) === newOffset) changed = middle;
    else old = middle;
  }
  return changed;
}

function nextDay(localStart: number): number {
  return localStart + dayMs;
}

function nextMonth(localStart: number): number {
  return firstOfMonth(localStart + 31 * dayMs);
}

function firstOfMonth(local: number): number {
  const date = new Date(local);
  date.setUTCDate(1);
  return date.setUTCHours(0, 0, 0, 0);
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
