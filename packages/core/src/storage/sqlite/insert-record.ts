import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { isUnpriced } from '../storable-record.ts';
import type { StorableRecord } from '../storable-record.ts';
import type { Prepare } from './connection.ts';
import { encodeTags, encodeText } from './text.ts';
import { tokenColumnPairs } from './token-columns.ts';

/** Columns that every record fills, in the order of {@link requiredValues}. */
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

/** The others, in the order of {@link optionalValues}. */
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
    const values = requiredValues(stored);
    const optional = optionalValues(stored);
    const facts = factBits(stored);
    let shape = facts;
    for (let index = 0; index < optional.length; index += 1) {
      const value = optional[index];
      if (value === undefined) continue;
      shape |= 1 << index;
      values.push(value);
    }
    const isOneTooMany = statements.size >= maxShapes && !statements.has(shape);
    const { changes, lastInsertRowid } = isOneTooMany
      ? statementOf(fullShape | facts).run(...requiredValues(stored), ...optional.map((value) => value ?? null))
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

function factBits({ fields }: StorableRecord): number {
  return (
    (fields.kind === 'adjustment' ? isAdjustmentBit : 0) |
    (fields.streamed ? isStreamedBit : 0) |
    (isUnpriced(fields) ? isUnpricedBit : 0)
  );
}

function requiredValues({ fields }: StorableRecord): SQLInputValue[] {
  return [
    encodeText(fields.id),
    encodeText(fields.callId),
    fields.attempt,
    fields.startedAt.getTime(),
    fields.endedAt.getTime(),
    encodeText(fields.provider),
    encodeText(fields.operation),
    encodeText(fields.outcome),
    encodeText(fields.origin),
    encodeText(fields.cost.basis),
  ];
}

function optionalValues({ fields, rawUsageJson }: StorableRecord): (string | number | undefined)[] {
  const { cost, attribution, tokens } = fields;
  const values = [
    fields.firstChunkAt?.getTime(),
    optionalText(fields.requestModel),
    optionalText(fields.responseModel),
    optionalText(fields.serviceTier),
    optionalText(fields.responseId),
    optionalText(fields.requestId),
    cost.picoUsd,
    cost.computedPicoUsd,
    optionalText(cost.cardId),
    optionalText(cost.priceVersion),
    optionalText(attribution.userId),
    optionalText(attribution.tenantId),
    optionalText(attribution.conversationId),
    optionalText(attribution.messageId),
    attribution.tags === undefined ? undefined : encodeTags(attribution.tags),
    rawUsageJson,
  ];
  for (const [field] of tokenColumnPairs) values.push(tokens[field]);
  return values;
}

function optionalText(value: string | undefined): string | undefined {
  return value === undefined ? undefined : encodeText(value);
}
