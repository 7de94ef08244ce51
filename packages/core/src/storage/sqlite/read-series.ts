import { timeBuckets } from '../time-buckets.ts';
import { compareGroups, pointGroup, usagePoint } from '../usage-sums.ts';
import type { SeriesQuery, UsagePoint } from '../usage-store.ts';
import type { Connection, Prepare, Row } from './connection.ts';
import { modelSql, sqlFilter } from './filter.ts';
import type { SqlFilter } from './filter.ts';
import { rowSums, sumsSql } from './sums.ts';
import { decodeText } from './text.ts';

/** The event loop gets a turn after this long. */
const readBudgetMs = 4;

/**
 * A series, bucket after bucket: each is one range of an index, so calls are counted exactly, in any time zone, and the
 * event loop gets its turns in between. Empty stretches are jumped over.
 */
export async function readSeries(query: SeriesQuery, connection: Connection): Promise<readonly UsagePoint[]> {
  const { bucket, timeZone, by, from, to, ...rest } = query;
  const buckets = timeBuckets(bucket, timeZone);
  const filter = sqlFilter(rest, 'time');
  const last = to?.getTime() ?? Infinity;
  const points: UsagePoint[] = [];
  let next = from?.getTime() ?? -Infinity;
  const readSome = (prepare: Prepare): boolean => {
    const pauseAt = performance.now() + readBudgetMs;
    while (performance.now() < pauseAt) {
      const first = firstInstant(filter, next, last, prepare);
      if (first === undefined) return true;
      const span = buckets.spanOf(first);
      const rows = bucketRows(filter, by, first, Math.min(span.end, last), prepare);
      points.push(...bucketPoints(span.start, by, rows));
      next = span.end;
    }
    return false;
  };
  // oxlint-disable-next-line no-await-in-loop -- pieces of one read, in order
  while (!(await connection.use(readSome))) await nextTurn();
  return points;
}

function firstInstant({ where, values }: SqlFilter, from: number, to: number, prepare: Prepare): number | undefined {
  const row = prepare(
    `SELECT started_at FROM usage_records WHERE ${where} AND started_at >= ? AND started_at < ?
     ORDER BY started_at LIMIT 1`,
  ).get(...values, from, to);
  return row === undefined ? undefined : Number(row['started_at']);
}

function bucketRows(
  { where, values }: SqlFilter,
  by: SeriesQuery['by'],
  from: number,
  to: number,
  prepare: Prepare,
): Row[] {
  const range = `FROM usage_records WHERE ${where} AND started_at >= ? AND started_at < ?`;
  const sql =
    by === undefined
      ? `SELECT NULL AS point_group, ${sumsSql} ${range}`
      : `SELECT ${groupColumns[by]} AS point_group, ${sumsSql} ${range} GROUP BY 1`;
  return prepare(sql, 'bigints').all(...values, from, to);
}

const groupColumns = { model: modelSql, user: 'user_id', tenant: 'tenant_id' } as const;

function bucketPoints(start: number, by: SeriesQuery['by'], rows: readonly Row[]): UsagePoint[] {
  return rows
    .map((row) => {
      const { point_group: group } = row;
      return { key: typeof group === 'string' ? decodeText(group) : undefined, row };
    })
    .toSorted((a, b) => compareGroups(a.key, b.key))
    .map(({ key, row }) => usagePoint({ at: new Date(start), ...rowSums(row), ...pointGroup(by, key) }));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
