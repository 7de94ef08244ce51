import { nextTurn } from '../../../node/next-turn.ts';
import { timeBuckets } from '../../time-buckets.ts';
import { compareGroups, pointGroup, usagePoint } from '../../usage-sums.ts';
import type { OriginTotals, SeriesQuery, UsagePoint, UsageQuery } from '../../usage-store.ts';
import type { Connection, Prepare } from '../connection.ts';
import { groupColumns, listedFilter, sqlFilter } from './filter.ts';
import type { SqlFilter } from './filter.ts';
import { repeats, retriedRecords, sumSources } from './hour-sums.ts';
import { keptCounts } from './kept-totals.ts';
import { findTail, hoursAround, listedScope, listedSequences, wholeScope } from './scope.ts';
import type { Scope, Tail } from './scope.ts';
import { hourStart } from '../sum-tables.ts';
import { addedSums, rowSums, sumsSql } from '../sums.ts';
import { decodeText } from '../text.ts';
import { rangeSql, timeRange } from './time-range.ts';
import type { TimeRange } from './time-range.ts';
import { inSnapshot } from '../transaction.ts';

/** The event loop gets a turn after this long. */
const readBudgetMs = 4;

/** How one kind of question finds what it sums up. */
interface Source {
  /** An instant at or before the next record from `range.from` on, and in its bucket unless that has none. */
  nextInstant(range: TimeRange, tail: Tail, prepare: Prepare): number | undefined;
  /** The sums of a range within one bucket, one row per group. */
  points(range: TimeRange, tail: Tail, prepare: Prepare): readonly GroupSums[];
}

interface GroupSums {
  readonly key: string | undefined;
  readonly sums: OriginTotals;
}

/**
 * A series, bucket after bucket: each is one range of hours or of an index, so calls are counted exactly, in any time zone, and
 * the event loop gets its turns in between. Empty stretches are jumped over.
 */
export async function readSeries(query: SeriesQuery, connection: Connection): Promise<readonly UsagePoint[]> {
  const { bucket, timeZone, by, ...rest } = query;
  const buckets = timeBuckets(bucket, timeZone);
  const source = sourceOf(rest, by);
  const { from, to } = timeRange(rest);
  const points: UsagePoint[] = [];
  let next = from;
  const readSome = (prepare: Prepare): boolean => {
    const pauseAt = performance.now() + readBudgetMs;
    const tail = findTail(prepare);
    while (performance.now() < pauseAt) {
      const first = source.nextInstant({ from: next, to }, tail, prepare);
      if (first === undefined) return true;
      const span = buckets.spanOf(first);
      const groups = source.points({ from: Math.max(first, next), to: Math.min(span.end, to) }, tail, prepare);
      points.push(...bucketPoints(span.start, by, groups));
      next = span.end;
    }
    return false;
  };
  // oxlint-disable-next-line no-await-in-loop -- pieces of one read, in order
  while (!(await connection.use((prepare, database) => inSnapshot(database, () => readSome(prepare))))) {
    // oxlint-disable-next-line no-await-in-loop -- see above
    await nextTurn();
  }
  return points;
}

function sourceOf(query: UsageQuery, by: SeriesQuery['by']): Source {
  const whole = by === undefined ? wholeScope(query) : undefined;
  if (whole !== undefined) return hourSource(whole, query);
  const listed = listedScope(query);
  return listed === undefined ? indexSource(query, by) : listSource(listed, query, by);
}

/** From the sums of hours. */
function hourSource(scope: Scope, { userId }: UsageQuery): Source {
  return {
    nextInstant: (range, tail, prepare) => nextOfScope(scope, range, tail, prepare),
    points(range, tail, prepare) {
      const parts = sumSources(scope, range, tail, prepare).flatMap(({ columns, from, values }) =>
        prepare(`SELECT ${columns} FROM ${from}`, 'bigints').all(...values),
      );
      const whole = addedSums(parts.map((part) => rowSums(part)));
      if (whole.calls === 0) return [];
      const kept = keptCounts(userId, prepare);
      const repeated = kept.calls === kept.records ? 0 : repeats(retriedRecords(scope, range, prepare));
      return [{ key: undefined, sums: { ...whole, calls: whole.calls - repeated } }];
    },
  };
}

/** From records that are found by the lists of their hours. */
function listSource(scope: Scope, query: UsageQuery, by: SeriesQuery['by']): Source {
  const { from: _from, to: _to, ...rest } = query;
  return {
    nextInstant: (range, tail, prepare) => nextOfScope(scope, range, tail, prepare),
    points(range, _tail, prepare) {
      const sequences = listedSequences(scope, range, prepare);
      return sequences.length === 0 ? [] : groupRows(listedFilter(rest, sequences), '+started_at', by, range, prepare);
    },
  };
}

/** From records that are found by an index that ends with the time. */
function indexSource(query: UsageQuery, by: SeriesQuery['by']): Source {
  const { from: _from, to: _to, ...rest } = query;
  const filter = sqlFilter(rest, 'time');
  return {
    nextInstant(range, _tail, prepare) {
      const [where, values] = rangeSql(range, 'started_at');
      const row = prepare(
        `SELECT started_at FROM usage_records WHERE ${filter.where} AND ${where} ORDER BY started_at LIMIT 1`,
      ).get(...filter.values, ...values);
      return row === undefined ? undefined : Number(row['started_at']);
    },
    points: (range, _tail, prepare) => groupRows(filter, 'started_at', by, range, prepare),
  };
}

function nextOfScope(scope: Scope, range: TimeRange, tail: Tail, prepare: Prepare): number | undefined {
  if (range.from >= range.to) return undefined;
  const row = prepare(
    'SELECT hour FROM usage_hours WHERE scope = ? AND key = ? AND hour >= ? AND hour <= ? ORDER BY hour LIMIT 1',
  ).get(scope.scope, scope.key, ...hoursAround(range));
  const folded = row === undefined ? Infinity : Math.max(hourStart(Number(row['hour'])), range.from);
  const next =
    folded <= Math.max(tail.from, range.from) ? folded : Math.min(folded, nextOfTail(scope, range, tail, prepare));
  return next < range.to ? next : undefined;
}

function nextOfTail(scope: Scope, { from }: TimeRange, tail: Tail, prepare: Prepare): number {
  if (tail.to <= from) return Infinity;
  const [where, values] = rangeSql({ from, to: Infinity }, '+started_at');
  const row = prepare(
    `SELECT min(+started_at) AS first FROM usage_records WHERE seq > ? AND ${scope.where} AND ${where}`,
  ).get(tail.after, ...scope.values, ...values);
  return typeof row?.['first'] === 'number' ? row['first'] : Infinity;
}

function groupRows(
  { where, values }: SqlFilter,
  column: string,
  by: SeriesQuery['by'],
  range: TimeRange,
  prepare: Prepare,
): readonly GroupSums[] {
  const [inRange, times] = rangeSql(range, column);
  const rows = `FROM usage_records WHERE ${where} AND ${inRange}`;
  const sql =
    by === undefined
      ? `SELECT NULL AS point_group, ${sumsSql} ${rows}`
      : `SELECT ${groupColumns[by]} AS point_group, ${sumsSql} ${rows} GROUP BY 1`;
  return prepare(sql, 'bigints')
    .all(...values, ...times)
    .map((row) => {
      const { point_group: group } = row;
      return { key: typeof group === 'string' ? decodeText(group) : undefined, sums: rowSums(row) };
    })
    .filter(({ sums }) => sums.calls > 0);
}

function bucketPoints(start: number, by: SeriesQuery['by'], groups: readonly GroupSums[]): UsagePoint[] {
  return groups
    .toSorted((a, b) => compareGroups(a.key, b.key))
    .map(({ key, sums }) => usagePoint({ at: new Date(start), ...sums, ...pointGroup(by, key) }));
}
