import { describe, expect, it } from 'vitest';
import { timeBuckets } from '../../src/storage/time-buckets.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const buckets = ['hour', 'day', 'month'] as const;
const longest = { hour: hourMs, day: 26 * hourMs, month: 31 * 24 * hourMs + 2 * hourMs };

describe('timeBuckets', () => {
  it.each([
    ['hour', 'UTC', '2026-11-22T10:59:59.999Z', '2026-11-22T10:00:00Z', '2026-11-22T11:00:00Z'],
    ['day', 'UTC', '2026-11-22T00:00:00Z', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
    ['month', 'UTC', '2024-02-29T12:00:00Z', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'],
    ['hour', 'Asia/Kathmandu', '2026-11-22T10:20:00Z', '2026-11-22T10:15:00Z', '2026-11-22T11:15:00Z'],
    ['day', 'Asia/Kathmandu', '2026-11-22T18:14:59Z', '2026-11-21T18:15:00Z', '2026-11-22T18:15:00Z'],
    ['month', 'Asia/Kolkata', '2026-11-30T18:30:00Z', '2026-11-30T18:30:00Z', '2026-12-31T18:30:00Z'],
    // 23 and 25 hours
    ['day', 'America/New_York', '2026-03-08T12:00:00Z', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z'],
    ['day', 'America/New_York', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    // one o'clock twice
    ['hour', 'America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T05:00:00Z', '2026-11-01T06:00:00Z'],
    ['hour', 'America/New_York', '2026-11-01T06:30:00Z', '2026-11-01T06:00:00Z', '2026-11-01T07:00:00Z'],
    ['hour', 'America/St_Johns', '2026-03-08T05:29:00Z', '2026-03-08T04:30:00Z', '2026-03-08T05:30:00Z'],
    // back from 02:00 to 01:30, forward from 02:00 to 02:30
    ['hour', 'Australia/Lord_Howe', '2026-04-04T14:59:00Z', '2026-04-04T14:00:00Z', '2026-04-04T15:00:00Z'],
    ['hour', 'Australia/Lord_Howe', '2026-04-04T15:20:00Z', '2026-04-04T15:00:00Z', '2026-04-04T15:30:00Z'],
    ['hour', 'Australia/Lord_Howe', '2026-10-03T15:45:00Z', '2026-10-03T15:30:00Z', '2026-10-03T16:00:00Z'],
    // midnight is skipped
    ['day', 'Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-23T22:00:00Z', '2026-04-24T21:00:00Z'],
    ['day', 'America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z'],
    // midnight comes twice
    ['day', 'America/Havana', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    // 30 December 2011 never was
    ['day', 'Pacific/Apia', '2011-12-30T09:59:00Z', '2011-12-29T10:00:00Z', '2011-12-30T10:00:00Z'],
    ['day', 'Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-30T10:00:00Z', '2011-12-31T10:00:00Z'],
    // back from 00:01 to 23:01 of the day before
    ['day', 'America/St_Johns', '2010-11-07T02:45:00Z', '2010-11-07T02:30:00Z', '2010-11-08T03:30:00Z'],
  ] as const)('cuts a %s of %s around %s', (bucket, timeZone, instant, start, end) => {
    expect(shown(timeBuckets(bucket, timeZone).spanOf(Date.parse(instant)))).toEqual(
      shown({ start: Date.parse(start), end: Date.parse(end) }),
    );
  });

  it.each([
    'UTC',
    'Asia/Kathmandu',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Africa/Cairo',
    'America/Havana',
    'America/Santiago',
    'Africa/Casablanca',
    'Pacific/Chatham',
    'Antarctica/Troll',
  ])('leaves no gap and no overlap in two years of %s', (timeZone) => {
    for (const bucket of buckets) {
      const found = timeBuckets(bucket, timeZone);
      let span = found.spanOf(Date.parse('2026-01-01T00:00:00Z'));
      while (span.end < Date.parse('2028-01-01T00:00:00Z')) {
        expect(found.spanOf(span.end - 1)).toEqual(span);
        const next = found.spanOf(span.end);
        expect(next.start).toBe(span.end);
        expect(next.end - next.start).toBeGreaterThanOrEqual(15 * minuteMs);
        expect(next.end - next.start).toBeLessThanOrEqual(longest[bucket]);
        span = next;
      }
    }
  });

  it('begins every month of 2026 on a quarter of an hour in every time zone', () => {
    for (const timeZone of Intl.supportedValuesOf('timeZone')) {
      const months = timeBuckets('month', timeZone);
      let { end } = months.spanOf(Date.parse('2026-01-01T00:00:00Z'));
      while (end < Date.parse('2027-01-01T00:00:00Z')) {
        expect([timeZone, end % (15 * minuteMs)]).toEqual([timeZone, 0]);
        ({ end } = months.spanOf(end));
      }
    }
  });

  it('takes UTC where no zone is named, and instants before 1970', () => {
    expect(shown(timeBuckets('day').spanOf(-1))).toEqual(['1969-12-31T00:00:00.000Z', '1970-01-01T00:00:00.000Z']);
    expect(shown(timeBuckets('month', 'Asia/Tokyo').spanOf(-1))[0]).toBe('1969-12-31T15:00:00.000Z');
  });

  it('refuses a zone this runtime does not know', () => {
    expect(() => timeBuckets('day', 'Mars/Olympus')).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining('Mars/Olympus') }),
    );
  });
});

function shown({ start, end }: { start: number; end: number }): [string, string] {
  return [new Date(start).toISOString(), new Date(end).toISOString()];
}
