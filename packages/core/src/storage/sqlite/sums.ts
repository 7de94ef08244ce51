import { addTokens, tokenTotals } from '../usage-sums.ts';
import type { TokenSums } from '../usage-sums.ts';
import type { OriginTotals } from '../usage-store.ts';
import type { Row } from './connection.ts';
import { moneyUnit, tokenColumnNames, tokenColumnPairs } from './token-columns.ts';

const sumsOfColumnsSql = `sum(pico_usd / ${moneyUnit}) AS pico_high, sum(pico_usd % ${moneyUnit}) AS pico_low,
  ${tokenColumnNames.map((column) => `sum(${column}) AS ${column}`).join(', ')}`;

/** Sums over rows of `usage_records`, under the column names of `usage_totals`; for {@link rowSums}. */
export const sumsSql = `count(DISTINCT call_id) AS calls, ${sumsOfColumnsSql}`;

/** The same where it is known that every record is a call of its own: a third quicker. */
export const sumsOfSingleCallsSql = `count(*) AS calls, ${sumsOfColumnsSql}`;

/** Reads sums, from {@link sumsSql} or from a row of `usage_totals`; the statement must return bigints. */
export function rowSums(row: Row): OriginTotals {
  const tokens: TokenSums = {};
  for (const [field, column] of tokenColumnPairs) {
    const value = row[column];
    if (typeof value === 'bigint' || typeof value === 'number') tokens[field] = Number(value);
  }
  const money = (column: string): bigint => BigInt(typeof row[column] === 'bigint' ? row[column] : 0);
  return {
    calls: Number(row['calls'] ?? 0),
    tokens: tokenTotals(tokens),
    picoUsd: money('pico_high') * moneyUnit + money('pico_low'),
  };
}

/** Several sums together. */
export function addedSums(parts: readonly OriginTotals[]): OriginTotals {
  const tokens: TokenSums = {};
  for (const part of parts) addTokens(tokens, part.tokens);
  return {
    calls: parts.reduce((sum, { calls }) => sum + calls, 0),
    tokens: tokenTotals(tokens),
    picoUsd: parts.reduce((sum, { picoUsd }) => sum + picoUsd, 0n),
  };
}
