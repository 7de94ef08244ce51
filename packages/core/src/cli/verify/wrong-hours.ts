import type { Prepare, Row } from '../../storage/sqlite/connection.ts';
import { foldedSequence } from '../../storage/sqlite/sequence.ts';
import { hourStart, sumScope } from '../../storage/sqlite/sum-tables.ts';
import { sumsOfSingleCallsSql } from '../../storage/sqlite/sums.ts';
import { decodeText } from '../../storage/sqlite/text.ts';
import { tokenColumnNames } from '../../storage/sqlite/token-columns.ts';
import { scopeName, sumFigures, wrongRows } from './wrong-rows.ts';
import type { WrongSums } from './wrong-rows.ts';

const hourMs = hourStart(1);
// A division of whole numbers cuts off, and before 1970 that is the next hour.
const hourSql = `(started_at - (started_at % ${hourMs} + ${hourMs}) % ${hourMs}) / ${hourMs}`;
const listSums = 'count(*) AS listed, sum(seq) AS places';

/** Every row that hours can have, as the records up to where the fold goes have it. */
const recountSqls: readonly string[] = [
  // Nobody asks for the places of all records.
  recountSql(sumScope.everything, `''`, '1', '0 AS listed, 0 AS places'),
  recountSql(sumScope.withoutUser, `''`, 'user_id IS NULL', listSums),
  recountSql(sumScope.user, 'user_id', 'user_id IS NOT NULL', listSums),
  recountSql(sumScope.tenant, 'tenant_id', 'tenant_id IS NOT NULL', listSums),
];

function recountSql(scope: number, key: string, where: string, lists: string): string {
  return `SELECT ${scope} AS scope, ${key} AS key, ${hourSql} AS hour, origin, count(*) AS records, sum(unpriced) AS unpriced,
    ${lists}, ${sumsOfSingleCallsSql} FROM usage_records WHERE seq <= ? AND ${where} GROUP BY 2, 3, 4`;
}

const placesSql = `json_each('[' || rtrim(seqs, ',') || ']')`;
const keptColumns = ['records', 'unpriced', 'pico_high', 'pico_low', ...tokenColumnNames];
const keptSql = `SELECT scope, key, hour, origin, ${keptColumns.map((column) => `sum(${column}) AS ${column}`).join(', ')},
  sum((SELECT count(*) FROM ${placesSql})) AS listed, sum((SELECT sum(value) FROM ${placesSql})) AS places
  FROM usage_hours GROUP BY scope, key, hour, origin`;

/** Adds up anew the records that are in hours already, and compares; to be called inside one read transaction. */
export function wrongHours(prepare: Prepare): readonly WrongSums[] {
  return wrongRows({
    kept: prepare(keptSql, 'bigints').all(),
    recounted: everyRow(prepare),
    key: (row) => JSON.stringify([Number(row['scope']), row['key'], Number(row['hour']), row['origin']]),
    name: (row) => {
      const hour = new Date(hourStart(Number(row['hour']))).toISOString();
      return `${scopeName(row, row['key'])}, ${decodeText(String(row['origin']))}, hour of ${hour}`;
    },
    figures: (row) =>
      new Map<string, bigint | number>([
        ['records', Number(row['records'] ?? 0)],
        ['unpriced records', Number(row['unpriced'] ?? 0)],
        ['records in its list', Number(row['listed'] ?? 0)],
        ['sum of its list', Number(row['places'] ?? 0)],
        ...sumFigures(row),
      ]),
  });
}

function* everyRow(prepare: Prepare): Generator<Row> {
  const folded = foldedSequence(prepare);
  for (const sql of recountSqls) yield* prepare(sql, 'bigints').iterate(folded);
}
