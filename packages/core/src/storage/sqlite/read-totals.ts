import type { DatabaseSync } from 'node:sqlite';
import { addTokens, originShares, tokenTotals, usageTotals } from '../usage-sums.ts';
import type { TokenSums } from '../usage-sums.ts';
import type { OriginTotals, UsageQuery, UsageTotals } from '../usage-store.ts';
import type { Prepare, Row } from './connection.ts';
import { sqlFilter } from './filter.ts';
import type { SqlFilter } from './filter.ts';
import { keptCounts, keptRows } from './kept-totals.ts';
import { rowSums, sumsOfSingleCallsSql, sumsSql } from './sums.ts';
import { decodeText } from './text.ts';

/** Totals of a query: from the kept rows where it is about one user or everything, else by going through the records. */
export function readTotals(query: UsageQuery, prepare: Prepare, database: DatabaseSync): UsageTotals {
  const { userId, ...rest } = query;
  if (Object.values(rest).every((value) => value === undefined)) return keptTotals(userId, prepare);
  // One snapshot for the three questions, whatever other processes write meanwhile.
  database.exec('BEGIN');
  try {
    return countedTotals(query, prepare);
  } finally {
    database.exec('COMMIT');
  }
}

function keptTotals(userId: string | null | undefined, prepare: Prepare): UsageTotals {
  const rows = keptRows(userId, prepare);
  const over = (column: string): number => rows.reduce((sum, row) => sum + Number(row[column]), 0);
  return usageTotals({
    calls: over('whole_calls'),
    ...sumOf(rows.map((row) => rowSums(row))),
    byOrigin: shares(rows),
    unpricedCalls: over('unpriced_calls'),
    rev: over('records'),
  });
}

function countedTotals(query: UsageQuery, prepare: Prepare): UsageTotals {
  const { where, values } = sqlFilter(query, 'time');
  const kept = keptCounts(query.userId, prepare);
  // Then no two of the matching records share a call either.
  const isCallEach = kept.calls === kept.records;
  const rows = originRows(isCallEach ? sumsOfSingleCallsSql : sumsSql, { where, values }, prepare);
  const distinctCalls = (condition: string): number =>
    Number(
      prepare(`SELECT count(DISTINCT call_id) AS calls FROM usage_records WHERE ${condition}`).get(...values)?.[
        'calls'
      ],
    );
  const sums = rows.map((row) => rowSums(row));
  const [only] = sums;
  return usageTotals({
    // Attempts of one call may differ in origin, so their counts cannot be added.
    calls: only === undefined || sums.length === 1 ? (only?.calls ?? 0) : distinctCalls(where),
    ...sumOf(sums),
    byOrigin: shares(rows),
    unpricedCalls: rows.some((row) => row['unpriced'] === 1n) ? distinctCalls(`${where} AND unpriced = 1`) : 0,
    rev: kept.records,
  });
}

/** One row of sums per origin. Nearly always there is one origin, and then no sorting into groups is needed. */
function originRows(sumsOfRows: string, { where, values }: SqlFilter, prepare: Prepare): Row[] {
  const sums = `max(unpriced) AS unpriced, ${sumsOfRows} FROM usage_records WHERE ${where}`;
  const whole = prepare(`SELECT min(origin) AS origin, max(origin) AS other, ${sums}`, 'bigints').get(...values);
  if (whole === undefined || whole['origin'] === null) return [];
  if (whole['origin'] === whole['other']) return [whole];
  return prepare(`SELECT origin, ${sums} GROUP BY origin`, 'bigints').all(...values);
}

function sumOf(sums: readonly OriginTotals[]): Pick<UsageTotals, 'tokens' | 'picoUsd'> {
  const tokens: TokenSums = {};
  for (const share of sums) addTokens(tokens, share.tokens);
  return { tokens: tokenTotals(tokens), picoUsd: sums.reduce((sum, { picoUsd }) => sum + picoUsd, 0n) };
}

function shares(rows: readonly Row[]): UsageTotals['byOrigin'] {
  return originShares(rows.map((row) => [decodeText(String(row['origin'])), rowSums(row)] as const));
}
