import { isTimeZone } from './handler-options.ts';
import { isDayCount } from '../snapshot/usage-snapshot.ts';
import { periodKinds } from '../snapshot/usage-period.ts';
import type { PeriodKind } from '../snapshot/usage-period.ts';

/** What a browser asked for in the query of the address. Absent: as the app set it. */
export interface HandlerQuery {
  readonly period?: PeriodKind;
  readonly timeZone?: string;
  readonly days?: number;
}

/** A key that is known and does not say anything sensible. */
export interface QueryFault {
  readonly key: string;
  readonly expected: string;
}

/** Reads the keys we know; all others belong to somebody else. A key that comes twice is a fault: one would be lost. */
export function readHandlerQuery(search: URLSearchParams): HandlerQuery | QueryFault {
  const query: { period?: PeriodKind; timeZone?: string; days?: number } = {};
  for (const key of ['period', 'timeZone', 'days'] as const) {
    const [value, second] = search.getAll(key);
    if (second !== undefined) return { key, expected: 'one value' };
    if (value === undefined) continue;
    if (key === 'period') {
      const period = periodKinds.find((kind) => kind === value);
      if (period === undefined) return { key, expected: `one of ${periodKinds.join(', ')}` };
      query.period = period;
    } else if (key === 'timeZone') {
      if (!isTimeZone(value)) return { key, expected: 'an IANA time zone' };
      query.timeZone = value;
    } else {
      const days = /^\d{1,3}$/.test(value) ? Number(value) : undefined;
      if (!isDayCount(days)) return { key, expected: 'a whole number from 0 to 366' };
      query.days = days;
    }
  }
  return query;
}
