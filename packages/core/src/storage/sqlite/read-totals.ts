import type { DatabaseSync } from 'node:sqlite';
import { addTokens, originShares, tokenTotals, usageTotals } from '../usage-sums.ts';
import type { TokenSums } from '../usage-sums.ts';
import type { UsageQuery, UsageTotals } from '../usage-store.ts';
import type { Prepare, Row } from './connection.ts';
import { sqlFilter } from './filter.ts';
import { rowSums, sumsSql } from './sums.ts';
import { decodeText, encodeText } from './text.ts';
import { totalsScope } from './totals-fold.ts';

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
  const whole = rows.find((row) => row['origin'] === '');
  return usageTotals({
    ...(whole === undefined ? { calls: 0, tokens: tokenTotals({}), picoUsd: 0n } : rowSums(whole)),
    byOrigin: shares(rows.filter((row) => row !== whole)),
    unpricedCalls: Number(whole?.['unpriced_calls'] ?? 0),
    rev: Number(whole?.['records'] ?? 0),
  });
}

function countedTotals(query: UsageQuery, prepare: Prepare): UsageTotals {
  const { where, values } = sqlFilter(query, 'time');
  const rows = prepare(
    `SELECT origin, max(unpriced) AS unpriced, ${sumsSql} FROM usage_records WHERE ${where} GROUP BY origin`,
    'bigints',
  ).all(...values);
  const distinctCalls = (condition: string): number =>
    Number(
      prepare(`SELECT count(DISTINCT call_id) AS calls FROM usage_records WHERE ${condition}`).get(...values)?.[
        'calls'
      ],
    );
  const sums = rows.map((row) => rowSums(row));
  const tokens: TokenSums = {};
  for (const share of sums) addTokens(tokens, share.tokens);
  const [only] = sums;
  return usageTotals({
    // Attempts of one call may differ in origin, so their counts cannot be added.
    calls: only === undefined || sums.length === 1 ? (only?.calls ?? 0) : distinctCalls(where),
    tokens: tokenTotals(tokens),
    picoUsd: sums.reduce((sum, share) => sum + share.picoUsd, 0n),
    byOrigin: shares(rows),
    unpricedCalls: rows.some((row) => row['unpriced'] === 1n) ? distinctCalls(`${where} AND unpriced = 1`) : 0,
    rev: Number(keptRows(query.userId, prepare).find((row) => row['origin'] === '')?.['records'] ?? 0),
  });
}

function keptRows(userId: string | null | undefined, prepare: Prepare): Row[] {
  const select = prepare('SELECT * FROM usage_totals WHERE scope = ? AND user_id = ?', 'bigints');
  if (userId === undefined) return select.all(totalsScope.everything, '');
  return userId === null ? select.all(totalsScope.withoutUser, '') : select.all(totalsScope.user, encodeText(userId));
}

function shares(rows: readonly Row[]): UsageTotals['byOrigin'] {
  return originShares(rows.map((row) => [decodeText(String(row['origin'])), rowSums(row)] as const));
}
