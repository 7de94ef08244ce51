import type { Prepare, Row } from '../../storage/sqlite/connection.ts';
import { rowSums, sumsSql } from '../../storage/sqlite/sums.ts';
import { decodeText } from '../../storage/sqlite/text.ts';
import { tokenColumnNames } from '../../storage/sqlite/token-columns.ts';
import { sumScope } from '../../storage/sqlite/sum-tables.ts';
import { scopeName, sumFigures, wrongRows } from './wrong-rows.ts';
import type { WrongSums } from './wrong-rows.ts';

const recountSql = `count(*) AS records, count(DISTINCT CASE WHEN unpriced = 1 THEN call_id END) AS unpriced_calls, ${sumsSql}`;
const userScope = `CASE WHEN user_id IS NULL THEN ${sumScope.withoutUser} ELSE ${sumScope.user} END`;

/** Every row that totals can have, as the records have it. */
const recountSqls: readonly string[] = [
  `SELECT ${sumScope.everything} AS scope, '' AS user_id, '' AS origin, ${recountSql} FROM usage_records HAVING count(*) > 0`,
  `SELECT ${sumScope.everything} AS scope, '' AS user_id, origin, ${recountSql} FROM usage_records GROUP BY origin`,
  `SELECT ${userScope} AS scope, coalesce(user_id, '') AS user_id, '' AS origin, ${recountSql}
     FROM usage_records GROUP BY 1, 2`,
  `SELECT ${userScope} AS scope, coalesce(user_id, '') AS user_id, origin, ${recountSql}
     FROM usage_records GROUP BY 1, 2, origin`,
];

/** What is kept: a row per origin, and over all origins what these rows add up to. */
const keptSqls: readonly string[] = [
  'SELECT * FROM usage_totals',
  `SELECT scope, user_id, '' AS origin, sum(whole_calls) AS calls,
     ${['records', 'unpriced_calls', 'pico_high', 'pico_low', ...tokenColumnNames]
       .map((column) => `sum(${column}) AS ${column}`)
       .join(', ')}
     FROM usage_totals GROUP BY scope, user_id`,
];

/** Adds all records up anew and compares; to be called inside one read transaction. */
export function wrongTotals(prepare: Prepare): readonly WrongSums[] {
  return wrongRows({
    kept: keptSqls.flatMap((sql) => prepare(sql, 'bigints').all()),
    recounted: everyRow(prepare),
    key: (row) => JSON.stringify([Number(row['scope']), row['user_id'], row['origin']]),
    name: (row) => {
      const whose = scopeName(row, row['user_id']);
      return row['origin'] === '' ? whose : `${whose}, ${decodeText(String(row['origin']))}`;
    },
    figures,
  });
}

function* everyRow(prepare: Prepare): Generator<Row> {
  for (const sql of recountSqls) yield* prepare(sql, 'bigints').iterate();
}

function figures(row: Row): Map<string, bigint | number> {
  const all = new Map<string, bigint | number>([
    ['records', Number(row['records'] ?? 0)],
    ['calls', rowSums(row).calls],
    ...sumFigures(row),
  ]);
  // Kept for all origins together only.
  if (row['origin'] === '') all.set('unpriced calls', Number(row['unpriced_calls'] ?? 0));
  return all;
}
