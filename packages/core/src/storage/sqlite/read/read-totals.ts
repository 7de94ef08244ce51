import type { DatabaseSync } from 'node:sqlite';
import { originShares, usageTotals } from '../../usage-sums.ts';
import type { OriginTotals, UsageQuery, UsageTotals } from '../../usage-store.ts';
import type { Prepare, Row } from '../connection.ts';
import { listedFilter, sqlFilter } from './filter.ts';
import { repeats, retriedRecords, sumSources } from './hour-sums.ts';
import type { SumSource } from './hour-sums.ts';
import { keptCounts, keptRows } from './kept-totals.ts';
import { findTail, listedScope, listedSequences, wholeScope } from './scope.ts';
import type { Scope } from './scope.ts';
import { addedSums, rowSums, sumsOfSingleCallsSql, sumsSql } from '../sums.ts';
import { decodeText } from '../text.ts';
import { timeRange } from './time-range.ts';
import { inSnapshot } from '../transaction.ts';

/**
 * Totals of a query: from the kept rows where it is about one user or everything, from hours where it asks for a range of
 * these or for a tenant, else by going through the records.
 */
export function readTotals(query: UsageQuery, prepare: Prepare, database: DatabaseSync): UsageTotals {
  const { userId, ...rest } = query;
  if (Object.values(rest).every((value) => value === undefined)) return keptTotals(userId, prepare);
  const scope = wholeScope(query);
  return inSnapshot(database, () =>
    scope === undefined ? countedTotals(query, prepare) : hourTotals(scope, query, prepare),
  );
}

function keptTotals(userId: string | null | undefined, prepare: Prepare): UsageTotals {
  const rows = keptRows(userId, prepare);
  const over = (column: string): number => rows.reduce((sum, row) => sum + Number(row[column]), 0);
  return usageTotals({
    ...addedSums(rows.map((row) => rowSums(row))),
    calls: over('whole_calls'),
    byOrigin: shares(rows),
    unpricedCalls: over('unpriced_calls'),
    rev: over('records'),
  });
}

function hourTotals(scope: Scope, query: UsageQuery, prepare: Prepare): UsageTotals {
  const range = timeRange(query);
  const kept = keptCounts(query.userId, prepare);
  const rows = sumSources(scope, range, findTail(prepare), prepare).flatMap((source) => originRows(source, prepare));
  const retried = kept.calls === kept.records ? [] : retriedRecords(scope, range, prepare);
  const whole = addedSums(rows.map((row) => rowSums(row)));
  const unpriced = rows.reduce((sum, row) => sum + Number(row['unpriced'] ?? 0), 0);
  const origins = new Map<string, OriginTotals[]>();
  for (const row of rows) {
    const origin = String(row['origin']);
    origins.set(origin, [...(origins.get(origin) ?? []), rowSums(row)]);
  }
  return usageTotals({
    ...whole,
    calls: whole.calls - repeats(retried),
    byOrigin: originShares(
      [...origins].map(([origin, parts]) => {
        const share = addedSums(parts);
        const repeated = repeats(retried, (record) => record['origin'] === origin);
        return [decodeText(origin), { ...share, calls: share.calls - repeated }] as const;
      }),
    ),
    unpricedCalls: unpriced - repeats(retried, (record) => record['unpriced'] === 1),
    rev: kept.records,
  });
}

function countedTotals(query: UsageQuery, prepare: Prepare): UsageTotals {
  const listed = listedScope(query);
  const { where, values } =
    listed === undefined
      ? sqlFilter(query, 'time')
      : listedFilter(query, listedSequences(listed, timeRange(query), prepare));
  const kept = keptCounts(query.userId, prepare);
  // Then no two of the matching records share a call either.
  const isCallEach = kept.calls === kept.records;
  const columns = `max(unpriced) AS unpriced, ${isCallEach ? sumsOfSingleCallsSql : sumsSql}`;
  const rows = originRows({ columns, from: `usage_records WHERE ${where}`, values }, prepare);
  const distinctCalls = (condition: string): number =>
    Number(
      prepare(`SELECT count(DISTINCT call_id) AS calls FROM usage_records WHERE ${condition}`).get(...values)?.[
        'calls'
      ],
    );
  const sums = rows.map((row) => rowSums(row));
  const [only] = sums;
  return usageTotals({
    ...addedSums(sums),
    // Attempts of one call may differ in origin, so their counts cannot be added.
    calls: only === undefined || sums.length === 1 ? (only?.calls ?? 0) : distinctCalls(where),
    byOrigin: shares(rows),
    unpricedCalls: rows.some((row) => row['unpriced'] === 1n) ? distinctCalls(`${where} AND unpriced = 1`) : 0,
    rev: kept.records,
  });
}

/** One row of sums per origin. Nearly always there is one origin, and then no sorting into groups is needed. */
function originRows({ columns, from, values }: SumSource, prepare: Prepare): Row[] {
  const whole = prepare(`SELECT min(origin) AS origin, max(origin) AS other, ${columns} FROM ${from}`, 'bigints').get(
    ...values,
  );
  if (whole === undefined || whole['origin'] === null) return [];
  if (whole['origin'] === whole['other']) return [whole];
  return prepare(`SELECT origin, ${columns} FROM ${from} GROUP BY origin`, 'bigints').all(...values);
}

function shares(rows: readonly Row[]): UsageTotals['byOrigin'] {
  return originShares(rows.map((row) => [decodeText(String(row['origin'])), rowSums(row)] as const));
}
