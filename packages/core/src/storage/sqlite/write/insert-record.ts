import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { isUnpriced } from '../../storable-record.ts';
import type { StorableRecord } from '../../storable-record.ts';
import type { Prepare } from '../connection.ts';
import { newestSequence } from '../sequence.ts';
import { encodeTags, encodeText } from '../text.ts';
import { tokenColumnNames } from '../token-columns.ts';

/** Columns that every record fills, in the order in which {@link rowOf} has their values. */
const requiredColumns = [
  'id',
  'call_id',
  'attempt',
  'started_at',
  'ended_at',
  'provider',
  'operation',
  'outcome',
  'origin',
  'cost_basis',
];

/** The others, in that order too. */
const optionalColumns = [
  'first_chunk_at',
  'request_model',
  'response_model',
  'service_tier',
  'response_id',
  'request_id',
  'pico_usd',
  'computed_pico_usd',
  'card_id',
  'price_version',
  'user_id',
  'tenant_id',
  'conversation_id',
  'message_id',
  'tags',
  'raw_usage',
  ...tokenColumnNames,
];

/** A shape that fills all optional columns. */
const fullShape = 2 ** optionalColumns.length - 1;
/** Facts that are written into the statement. */
const isAdjustmentBit = 1 << optionalColumns.length;
const isStreamedBit = isAdjustmentBit << 1;
const isUnpricedBit = isAdjustmentBit << 2;
/** Compiling a statement costs as much as several records do. */
const maxShapes = 32;

/** Of so many records at once. What a statement costs besides its rows, it costs once; with more of them little is gained. */
export const rowsAtOnce = 5;
/** Larger ones are inserted alone: what SQLite refuses for its size must not take others with it. */
const maxLengthAtOnce = 100_000;

/** Inserts records unless their ids are there. The `seq` of each, or undefined where it was there. */
export interface RecordInsert {
  one(record: StorableRecord): number | undefined;
  /** By one statement; undefined, and nothing done, where they are not {@link rowsAtOnce} records of one shape. */
  several(records: readonly StorableRecord[]): readonly (number | undefined)[] | undefined;
}

/**
 * Begins the inserts of one transaction. Handing over a NULL costs as much as a value, and half of the columns are NULL
 * in most records, so there is one statement per shape: the set of columns that are filled, and what is true or false.
 */
export function createRecordInsert(prepare: Prepare): RecordInsert {
  const statements = { one: new Map<number, StatementSync>(), several: new Map<number, StatementSync>() };
  /** The youngest record there is. */
  let newest = newestSequence(prepare);

  const statementOf = (shape: number, rows: 'one' | 'several'): StatementSync => {
    const known = statements[rows].get(shape);
    if (known !== undefined) return known;
    const statement = prepare(insertSql(shape, rows));
    statements[rows].set(shape, statement);
    return statement;
  };

  /** Of several, some were there, or twice among them: those that are new are behind all others, the first of its id each. */
  const newOnes = (rows: readonly RecordRow[]): readonly (number | undefined)[] => {
    const newSequence = prepare('SELECT seq FROM usage_records WHERE id = ? AND seq > ?');
    const seen = new Set<SQLInputValue | undefined>();
    return rows.map(({ values: [id = ''] }) => {
      if (seen.has(id)) return undefined;
      seen.add(id);
      const found = newSequence.get(id, newest);
      return found === undefined ? undefined : Number(found['seq']);
    });
  };

  return {
    one(record) {
      const { shape, values } = rowOf(record);
      const isOneTooMany = statements.one.size >= maxShapes && !statements.one.has(shape);
      const { changes, lastInsertRowid } = isOneTooMany
        ? statementOf(shape | fullShape, 'one').run(...withNulls(shape, values))
        : statementOf(shape, 'one').run(...values);
      if (Number(changes) === 0) return undefined;
      newest = Number(lastInsertRowid);
      return newest;
    },
    several(records) {
      if (records.length !== rowsAtOnce) return undefined;
      const rows = records.map((record) => rowOf(record));
      const shape = rows[0]?.shape ?? 0;
      if (rows.some((row) => row.shape !== shape || row.length > maxLengthAtOnce)) return undefined;
      if (statements.several.size >= maxShapes && !statements.several.has(shape)) return undefined;
      const values: SQLInputValue[] = [];
      for (const row of rows) for (const value of row.values) values.push(value);
      const { changes, lastInsertRowid } = statementOf(shape, 'several').run(...values);
      if (Number(changes) === 0) return rows.map(() => undefined);
      const last = Number(lastInsertRowid);
      const sequences =
        Number(changes) === rowsAtOnce ? rows.map((_, at) => last - rowsAtOnce + 1 + at) : newOnes(rows);
      newest = last;
      return sequences;
    },
  };
}

/** Nothing is undone when one row is refused, as then the whole transaction is; else SQLite copies every page before. */
function insertSql(shape: number, rows: 'one' | 'several'): string {
  const columns = [...requiredColumns, ...optionalColumns.filter((_, index) => (shape >> index) & 1)];
  const isSet = (bit: number): number => ((shape & bit) === 0 ? 0 : 1);
  const row = `(1, '${isSet(isAdjustmentBit) === 1 ? 'adjustment' : 'usage'}', ${isSet(isStreamedBit)},
    ${isSet(isUnpricedBit)}, ${columns.map(() => '?').join(', ')})`;
  return `INSERT ${rows === 'one' ? '' : 'OR ROLLBACK '}INTO usage_records (v, kind, streamed, unpriced, ${columns.join(', ')})
    VALUES ${Array.from({ length: rows === 'one' ? 1 : rowsAtOnce }, () => row).join(', ')} ON CONFLICT (id) DO NOTHING`;
}

/** What a record fills, and with what. */
interface RecordRow {
  readonly shape: number;
  readonly values: readonly SQLInputValue[];
  /** Of all its texts together. */
  readonly length: number;
}

/** What a record fills, and with what. Written out column by column: in a list it takes as long as SQLite with the row. */
function rowOf({ fields, rawUsageJson }: StorableRecord): RecordRow {
  const { cost, attribution, tokens } = fields;
  const values: SQLInputValue[] = [
    encodeText(fields.id),
    encodeText(fields.callId),
    fields.attempt,
    fields.startedAt.getTime(),
    fields.endedAt.getTime(),
    encodeText(fields.provider),
    encodeText(fields.operation),
    encodeText(fields.outcome),
    encodeText(fields.origin),
    encodeText(cost.basis),
  ];
  let shape =
    (fields.kind === 'adjustment' ? isAdjustmentBit : 0) |
    (fields.streamed ? isStreamedBit : 0) |
    (isUnpriced(fields) ? isUnpricedBit : 0);
  let length = fields.id.length + fields.callId.length + fields.provider.length;
  let bit = 1;
  const add = (value: SQLInputValue | undefined): void => {
    if (value !== undefined) {
      shape |= bit;
      values.push(value);
      if (typeof value === 'string') length += value.length;
    }
    bit <<= 1;
  };
  const text = (value: string | undefined): void => add(value === undefined ? undefined : encodeText(value));
  add(fields.firstChunkAt?.getTime());
  text(fields.requestModel);
  text(fields.responseModel);
  text(fields.serviceTier);
  text(fields.responseId);
  text(fields.requestId);
  add(cost.picoUsd);
  add(cost.computedPicoUsd);
  text(cost.cardId);
  text(cost.priceVersion);
  text(attribution.userId);
  text(attribution.tenantId);
  text(attribution.conversationId);
  text(attribution.messageId);
  add(attribution.tags === undefined ? undefined : encodeTags(attribution.tags));
  add(rawUsageJson);
  add(tokens.inputTokens);
  add(tokens.outputTokens);
  add(tokens.totalTokens);
  add(tokens.cacheReadInputTokens);
  add(tokens.cacheWriteInputTokens);
  add(tokens.reasoningOutputTokens);
  add(tokens.audioInputTokens);
  add(tokens.audioOutputTokens);
  add(tokens.audioSeconds);
  return { shape, values, length };
}

/** The values of a row for the statement that fills every column. */
function withNulls(shape: number, values: readonly SQLInputValue[]): readonly SQLInputValue[] {
  let next = requiredColumns.length;
  const optional = optionalColumns.map((_, bit) => {
    if (((shape >> bit) & 1) === 0) return null;
    next += 1;
    return values[next - 1] ?? null;
  });
  return [...values.slice(0, requiredColumns.length), ...optional];
}
