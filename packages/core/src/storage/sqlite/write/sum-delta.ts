import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { tokenUsageFields } from '../../../normalize/token-usage.ts';
import type { TokenUsage } from '../../../normalize/token-usage.ts';
import type { Prepare } from '../connection.ts';
import { moneyUnit, tokenColumnNames } from '../token-columns.ts';

/** What some records add to a row of sums. */
export interface SumDelta {
  /** Sums in the order of `tokenUsageFields`; a bit of `shape` says which of them a record carried. */
  readonly counts: number[];
  shape: number;
  records: number;
  /** In units of `moneyUnit`, and the rest: plain numbers stay exact for more records than a transaction takes. */
  picoHigh: number;
  picoLow: number;
}

const unit = Number(moneyUnit);

/** A delta of no records. */
export function sumDelta(): SumDelta {
  return { counts: tokenUsageFields.map(() => 0), shape: 0, records: 0, picoHigh: 0, picoLow: 0 };
}

/** Adds one record. */
export function addToDelta(delta: SumDelta, tokens: TokenUsage, picoUsd = 0): void {
  const low = picoUsd % unit;
  delta.records += 1;
  delta.picoHigh += (picoUsd - low) / unit;
  delta.picoLow += low;
  for (let at = 0; at < tokenUsageFields.length; at += 1) {
    const value = tokens[tokenUsageFields[at] as keyof TokenUsage];
    if (value === undefined) continue;
    delta.shape |= 1 << at;
    delta.counts[at] = (delta.counts[at] ?? 0) + value;
  }
}

/** Adds all that `delta` has. */
export function mergeDelta(into: SumDelta, { records, picoHigh, picoLow, counts, shape }: SumDelta): void {
  into.records += records;
  into.picoHigh += picoHigh;
  into.picoLow += picoLow;
  into.shape |= shape;
  for (let at = 0; at < counts.length; at += 1) into.counts[at] = (into.counts[at] ?? 0) + (counts[at] ?? 0);
}

/** A table of sums. */
export interface SumTable {
  readonly name: string;
  /** Columns that name a row. */
  readonly keys: readonly string[];
  /** Columns that grow with it, beside those of the token counts. */
  readonly sums: readonly string[];
}

/**
 * Adds to the rows of a table. There is one statement per shape, as handing over a NULL costs as much as a value.
 *
 * @returns Takes the values of the keys and of the sums in their order.
 */
export function createSumWriter(prepare: Prepare, table: SumTable) {
  const statements = new Map<number, StatementSync>();

  return (values: readonly SQLInputValue[], { shape, counts }: SumDelta): void => {
    let statement = statements.get(shape);
    if (statement === undefined) {
      statement = prepare(upsertSql(table, columnsOf(shape)));
      statements.set(shape, statement);
    }
    statement.run(...values, ...counts.filter((_, index) => (shape >> index) & 1));
  };
}

function upsertSql({ name, keys, sums }: SumTable, counts: readonly string[]): string {
  const growing = [...sums, ...counts];
  const columns = [...keys, ...growing];
  return `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${growing.map((column) => grown(column)).join(', ')}`;
}

/** A number is bound as a float, and a float in a sum beyond 2^53 would round it. */
function grown(column: string): string {
  if (column === 'seqs') return 'seqs = seqs || excluded.seqs';
  if (column === 'audio_seconds') return `${column} = coalesce(${column}, 0) + excluded.${column}`;
  return `${column} = coalesce(${column}, 0) + CAST(excluded.${column} AS INTEGER)`;
}

function columnsOf(shape: number): readonly string[] {
  return tokenColumnNames.filter((_, index) => (shape >> index) & 1);
}
