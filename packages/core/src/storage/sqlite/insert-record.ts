import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { isUnpriced } from '../storable-record.ts';
import type { StorableRecord } from '../storable-record.ts';
import type { Prepare } from './connection.ts';
import { encodeTags, encodeText } from './text.ts';
import { tokenColumnPairs } from './token-columns.ts';

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
  ...tokenColumnPairs.map(([, column]) => column),
];

/** A shape that fills all optional columns. */
const fullShape = 2 ** optionalColumns.length - 1;
/** Facts that are written into the statement. */
const isAdjustmentBit = 1 << optionalColumns.length;
const isStreamedBit = isAdjustmentBit << 1;
const isUnpricedBit = isAdjustmentBit << 2;
/** Compiling a statement costs as much as several records do. */
const maxShapes = 32;

/** Inserts one record unless its id is there; returns its `seq`, or undefined where it was there. */
export type RecordInsert = (stored: StorableRecord) => number | bigint | undefined;

/**
 * Begins the inserts of one transaction. Handing over a NULL costs as much as a value, and half of the columns are NULL
 * in most records, so there is one statement per shape: the set of columns that are filled, and what is true or false.
 */
export function createRecordInsert(prepare: Prepare): RecordInsert {
  const statements = new Map<number, StatementSync>();
  const statementOf = (shape: number): StatementSync => {
    const known = statements.get(shape);
    if (known !== undefined) return known;
    const statement = prepare(insertSql(shape));
    statements.set(shape, statement);
    return statement;
  };

  return (stored) => {
    const { shape, values } = rowOf(stored);
    const isOneTooMany = statements.size >= maxShapes && !statements.has(shape);
    const { changes, lastInsertRowid } = isOneTooMany
      ? statementOf(shape | fullShape).run(...withNulls(shape, values))
      : statementOf(shape).run(...values);
    return Number(changes) === 0 ? undefined : lastInsertRowid;
  };
}

function insertSql(shape: number): string {
  const columns = [...requiredColumns, ...optionalColumns.filter((_, index) => (shape >> index) & 1)];
  const isSet = (bit: number): number => ((shape & bit) === 0 ? 0 : 1);
  return `INSERT INTO usage_records (v, kind, streamed, unpriced, ${columns.join(', ')})
    VALUES (1, '${isSet(isAdjustmentBit) === 1 ? 'adjustment' : 'usage'}', ${isSet(isStreamedBit)},
      ${isSet(isUnpricedBit)}, ${columns.map(() => '?').join(', ')})
    ON CONFLICT (id) DO NOTHING`;
}

/** What a record fills, and with what. Written out column by column: in a list it takes as long as SQLite with the row. */
function rowOf({ fields, rawUsageJson }: StorableRecord): {
  readonly shape: number;
  readonly values: readonly SQLInputValue[];
} {
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
  let bit = 1;
  const add = (value: SQLInputValue | undefined): void => {
    if (value !== undefined) {
      shape |= bit;
      values.push(value);
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
  return { shape, values };
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
