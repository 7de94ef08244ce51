import type { Prepare, Row } from '../../storage/sqlite/connection.ts';
import { rowSums, sumsSql } from '../../storage/sqlite/sums.ts';
import { decodeText } from '../../storage/sqlite/text.ts';
import { tokenColumnPairs } from '../../storage/sqlite/token-columns.ts';
import { totalsScope } from '../../storage/sqlite/totals-fold.ts';

/** Totals that are kept beside the records and are not their sums. */
export interface WrongTotals {
  /** Whose totals: `all records`, `records without user`, `user "u1"`; with the origin where they are a share. */
  readonly of: string;
  readonly figures: readonly { readonly name: string; readonly kept: string; readonly recounted: string }[];
}

const recountSql = `count(*) AS records, count(DISTINCT CASE WHEN unpriced = 1 THEN call_id END) AS unpriced_calls, ${sumsSql}`;
const userScope = `CASE WHEN user_id IS NULL THEN ${totalsScope.withoutUser} ELSE ${totalsScope.user} END`;

/** Every row that totals can have, as the records have it. */
const recounts: readonly string[] = [
  `SELECT ${totalsScope.everything} AS scope, '' AS user_id, '' AS origin, ${recountSql} FROM usage_records HAVING count(*) > 0`,
  `SELECT ${totalsScope.everything} AS scope, '' AS user_id, origin, ${recountSql} FROM usage_records GROUP BY origin`,
  `SELECT ${userScope} AS scope, coalesce(user_id, '') AS user_id, '' AS origin, ${recountSql}
     FROM usage_records GROUP BY 1, 2`,
  `SELECT ${userScope} AS scope, coalesce(user_id, '') AS user_id, origin, ${recountSql}
     FROM usage_records GROUP BY 1, 2, origin`,
];

/** What is kept: a row per origin, and over all origins what these rows add up to. */
const keptSqls: readonly string[] = [
  'SELECT * FROM usage_totals',
  `SELECT scope, user_id, '' AS origin, ${sumSql('whole_calls')} AS calls,
     ${['records', 'unpriced_calls', 'pico_high', 'pico_low', ...tokenColumnPairs.map(([, column]) => column)]
       .map((column) => `${sumSql(column)} AS ${column}`)
       .join(', ')}
     FROM usage_totals GROUP BY scope, user_id`,
];

/** Adds all records up anew and compares; to be called inside one read transaction. */
export function wrongTotals(prepare: Prepare): readonly WrongTotals[] {
  const kept = new Map(
    keptSqls.flatMap((sql) =>
      prepare(sql, 'bigints')
        .all()
        .map((row) => [rowKey(row), row] as const),
    ),
  );
  const wrong: WrongTotals[] = [];
  for (const sql of recounts) {
    for (const row of prepare(sql, 'bigints').iterate()) {
      const key = rowKey(row);
      wrong.push(...differences(row, kept.get(key), row));
      kept.delete(key);
    }
  }
  // What is left has no record behind it.
  for (const row of kept.values()) wrong.push(...differences(row, row, undefined));
  return wrong;
}

function sumSql(column: string): string {
  return `sum(${column})`;
}

function differences(name: Row, kept: Row | undefined, recounted: Row | undefined): WrongTotals[] {
  const before = figures(kept);
  const wrong = [...figures(recounted)]
    // Kept for all origins together only.
    .filter(([figure]) => figure !== 'unpriced calls' || name['origin'] === '')
    .filter(([figure, value]) => !isSame(figure, before.get(figure), value))
    .map(([figure, value]) => ({ name: figure, kept: String(before.get(figure)), recounted: String(value) }));
  return wrong.length === 0 ? [] : [{ of: rowName(name), figures: wrong }];
}

function figures(row: Row | undefined): Map<string, bigint | number> {
  const { calls, tokens, picoUsd } = rowSums(row ?? {});
  return new Map<string, bigint | number>([
    ['records', Number(row?.['records'] ?? 0)],
    ['calls', calls],
    ['unpriced calls', Number(row?.['unpriced_calls'] ?? 0)],
    ['picoUsd', picoUsd],
    ...tokenColumnPairs.map(([field]) => [field, tokens[field] ?? 0] as const),
  ]);
}

/** Seconds are fractions, and fractions depend on the order in which they were added. */
function isSame(figure: string, kept: bigint | number | undefined, recounted: bigint | number | undefined): boolean {
  if (figure !== 'audioSeconds') return kept === recounted;
  return Math.abs(Number(kept) - Number(recounted)) <= 1e-6 * Math.max(1, Math.abs(Number(recounted)));
}

function rowKey(row: Row): string {
  return JSON.stringify([Number(row['scope']), row['user_id'], row['origin']]);
}

function rowName(row: Row): string {
  const scope = Number(row['scope']);
  const whose =
    scope === totalsScope.everything
      ? 'all records'
      : scope === totalsScope.withoutUser
        ? 'records without user'
        : `user "${decodeText(String(row['user_id']))}"`;
  return row['origin'] === '' ? whose : `${whose}, ${decodeText(String(row['origin']))}`;
}
