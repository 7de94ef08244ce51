import { timeBuckets } from '../../storage/time-buckets.ts';
import { isInstant, isObject, wrongField } from '../../wrong-option.ts';
import { withoutUndefined } from '../../without-undefined.ts';

/** Periods that need no code: everything, or the current day or month in a time zone. */
export const periodKinds: readonly PeriodKind[] = ['all', 'day', 'month'];

/** The period of a snapshot: all time, or the current day or month. */
export type PeriodKind = 'all' | 'day' | 'month';

/**
 * Your own period, for example from one renewal of a plan to the next.
 *
 * @example
 * ```ts
 * const span: PeriodSpan = { start: new Date('2026-11-17'), resetsAt: new Date('2026-12-17') };
 * ```
 */
export interface PeriodSpan {
  /** First instant of the period. */
  readonly start: Date;
  /** First instant of the next one. Default: open. */
  readonly resetsAt?: Date;
}

/**
 * The period of a snapshot. Empty means all time.
 *
 * @example
 * ```ts
 * const period: SnapshotPeriod = {
 *   kind: 'month',
 *   start: '2026-11-01T00:00:00.000Z',
 *   resetsAt: '2026-12-01T00:00:00.000Z',
 *   timeZone: 'UTC',
 * };
 * ```
 */
export interface SnapshotPeriod {
  /** `custom` is a span of the app's own. */
  readonly kind?: 'day' | 'month' | 'custom';
  /** ISO 8601 instant, inclusive. */
  readonly start?: string;
  /** ISO 8601 instant, exclusive: counting restarts then. */
  readonly resetsAt?: string;
  /** IANA name of the time zone of the period. */
  readonly timeZone?: string;
}

/** A period as a store is asked for it and as a browser is told. */
export interface ResolvedPeriod {
  /** Part of the query; empty for all time. */
  readonly range: { readonly from?: Date; readonly to?: Date };
  /** Part of the snapshot. */
  readonly shown: SnapshotPeriod;
}

/** The period around `now`. A day or month begins and ends where its first instant falls in the zone. */
export function resolvePeriod(period: PeriodKind | PeriodSpan, timeZone: string, now: Date): ResolvedPeriod {
  if (period === 'all') return { range: {}, shown: {} };
  if (period === 'day' || period === 'month') {
    const { start, end } = timeBuckets(period, timeZone).spanOf(now.getTime());
    return resolvedSpan(period, { start: new Date(start), resetsAt: new Date(end) }, timeZone);
  }
  if (!isObject(period)) throw wrongField('period', 'one of "all", "day", "month", or { start, resetsAt }', period);
  const { start, resetsAt } = period;
  if (!isInstant(start)) throw wrongField('period.start', 'a valid Date', start);
  if (resetsAt !== undefined && !(isInstant(resetsAt) && resetsAt > start)) {
    throw wrongField('period.resetsAt', 'a valid Date after period.start', resetsAt);
  }
  return resolvedSpan('custom', period, timeZone);
}

function resolvedSpan(
  kind: 'day' | 'month' | 'custom',
  { start, resetsAt }: PeriodSpan,
  timeZone: string,
): ResolvedPeriod {
  return {
    range: withoutUndefined<ResolvedPeriod['range']>({ from: start, to: resetsAt }),
    shown: withoutUndefined<SnapshotPeriod>({
      kind,
      start: start.toISOString(),
      resetsAt: resetsAt?.toISOString(),
      timeZone,
    }),
  };
}
