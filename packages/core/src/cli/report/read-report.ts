import type { Prepare, Row } from '../../storage/sqlite/connection.ts';
import { groupColumns } from '../../storage/sqlite/read/filter.ts';
import { rowSums, sumsSql } from '../../storage/sqlite/sums.ts';
import { decodeText } from '../../storage/sqlite/text.ts';
import { inSnapshot } from '../../storage/sqlite/transaction.ts';
import { localDate } from '../../storage/local-date.ts';
import { timeBuckets } from '../../storage/time-buckets.ts';
import { compareGroups } from '../../storage/usage-sums.ts';
import type { StoreFile } from '../store-file.ts';
import type { ReportQuery, ReportRow, ReportSums, UsageReport } from './usage-report.ts';

const reportSql = `count(DISTINCT CASE WHEN unpriced = 1 THEN call_id END) AS unpriced_calls, ${sumsSql}
  FROM usage_records WHERE started_at >= ? AND started_at < ?`;

/** Reads a report in one snapshot of the file. */
export function readReport(query: ReportQuery, { database, prepare }: StoreFile): UsageReport {
  const from = query.from?.getTime() ?? Number.MIN_SAFE_INTEGER;
  const to = query.to?.getTime() ?? Number.MAX_SAFE_INTEGER;
  return inSnapshot(database, () => {
    const origins = prepare(`SELECT origin, ${reportSql} GROUP BY origin`, 'bigints').all(from, to);
    return {
      ...query,
      rows:
        query.by === 'day' || query.by === 'month'
          ? spans(query.by, query.timeZone, from, to, prepare)
          : groups(query.by, from, to, prepare),
      totals: sums(prepare(`SELECT ${reportSql}`, 'bigints').get(from, to) ?? {}),
      origins: origins.map((row) => ({ origin: decodeText(String(row['origin'])), ...rowSums(row) })),
    };
  });
}

/** Day by day, or month by month, along the index of time; those without records are jumped over. */
function spans(by: 'day' | 'month', timeZone: string, from: number, to: number, prepare: Prepare): ReportRow[] {
  const { spanOf } = timeBuckets(by, timeZone);
  const dateOf = localDate(timeZone);
  const first = prepare('SELECT min(started_at) AS at FROM usage_records WHERE started_at >= ? AND started_at < ?');
  const rows: ReportRow[] = [];
  let next = from;
  for (;;) {
    const at = first.get(next, to)?.['at'];
    if (typeof at !== 'number') return rows;
    const { start, end } = spanOf(at);
    const row = prepare(`SELECT ${reportSql}`, 'bigints').get(at, Math.min(end, to)) ?? {};
    rows.push({ key: dateOf(new Date(start)).slice(0, by === 'month' ? -'-01'.length : undefined), ...sums(row) });
    next = end;
  }
}

function groups(by: keyof typeof groupColumns, from: number, to: number, prepare: Prepare): ReportRow[] {
  return prepare(`SELECT ${groupColumns[by]} AS report_group, ${reportSql} GROUP BY 1`, 'bigints')
    .all(from, to)
    .map((row): ReportRow => {
      const { report_group: group } = row;
      return typeof group === 'string' ? { key: decodeText(group), ...sums(row) } : sums(row);
    })
    .toSorted((a, b) => b.tokens.totalTokens - a.tokens.totalTokens || compareGroups(a.key, b.key));
}

function sums(row: Row): ReportSums {
  return { ...rowSums(row), unpricedCalls: Number(row['unpriced_calls'] ?? 0) };
}
