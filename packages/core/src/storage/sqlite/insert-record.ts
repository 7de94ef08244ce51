import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { TokenUsage } from '../../normalize/token-usage.ts';
import { isUnpriced } from '../storable-record.ts';
import type { StorableRecord } from '../storable-record.ts';
import type { Prepare } from './connection.ts';
import { encodeTags, encodeText } from './text.ts';
import { tokenColumnPairs } from './token-columns.ts';

type Fields = StorableRecord['fields'];
type Column<Value> = readonly [name: string, valueOf: (fields: Fields) => Value];

/** In the order of the values that {@link createRecordInsert} collects. */
const requiredColumns = [
  'id',
  'v',
  'kind',
  'call_id',
  'attempt',
  'started_at',
  'ended_at',
  'provider',
  'operation',
  'streamed',
  'outcome',
  'origin',
  'unpriced',
  'cost_basis',
];

const optionalColumns: readonly Column<string | number | undefined>[] = [
  ['first_chunk_at', ({ firstChunkAt }) => firstChunkAt?.getTime()],
  textColumn('request_model', ({ requestModel }) => requestModel),
  textColumn('response_model', ({ responseModel }) => responseModel),
  textColumn('service_tier', ({ serviceTier }) => serviceTier),
  textColumn('response_id', ({ responseId }) => responseId),
  textColumn('request_id', ({ requestId }) => requestId),
  ...tokenColumnPairs.map(([field, column]) => tokenColumn(column, field)),
  ['pico_usd', ({ cost }) => cost.picoUsd],
  ['computed_pico_usd', ({ cost }) => cost.computedPicoUsd],
  textColumn('card_id', ({ cost }) => cost.cardId),
  textColumn('price_version', ({ cost }) => cost.priceVersion),
  textColumn('user_id', ({ attribution }) => attribution.userId),
  textColumn('tenant_id', ({ attribution }) => attribution.tenantId),
  textColumn('conversation_id', ({ attribution }) => attribution.conversationId),
  textColumn('message_id', ({ attribution }) => attribution.messageId),
  ['tags', ({ attribution: { tags } }) => (tags === undefined ? undefined : encodeTags(tags))],
];

const rawUsageBit = 1 << optionalColumns.length;
const everyBit = 2 * rawUsageBit - 1;
/** Compiling a statement costs as much as several records do. */
const maxShapes = 32;

/** Inserts one record unless its id is there; returns its `seq`, or undefined where it was there. */
export type RecordInsert = (stored: StorableRecord) => number | bigint | undefined;

/**
 * Begins the inserts of one transaction. Handing over a NULL costs as much as a value, and most of the columns are NULL
 * in most records, so there is one statement per set of columns that are filled.
 */
export function createRecordInsert(prepare: Prepare): RecordInsert {
  const statements = new Map<number, StatementSync>();
  const statementFor = (shape: number): StatementSync => {
    let statement = statements.get(shape);
    if (statement === undefined) {
      statement = prepare(insertSql(shape));
      statements.set(shape, statement);
    }
    return statement;
  };

  return ({ fields, rawUsageJson }) => {
    const values = requiredValues(fields);
    let shape = 0;
    for (const [index, [, valueOf]] of optionalColumns.entries()) {
      const value = valueOf(fields);
      if (value === undefined) continue;
      shape |= 1 << index;
      values.push(value);
    }
    if (rawUsageJson !== undefined) {
      shape |= rawUsageBit;
      values.push(rawUsageJson);
    }
    const isOneMore = statements.size >= maxShapes && !statements.has(shape);
    const { changes, lastInsertRowid } = isOneMore
      ? statementFor(everyBit).run(...spread(values, shape))
      : statementFor(shape).run(...values);
    return Number(changes) === 0 ? undefined : lastInsertRowid;
  };
}

function requiredValues(fields: Fields): SQLInputValue[] {
  return [
    encodeText(fields.id),
    fields.v,
    fields.kind,
    encodeText(fields.callId),
    fields.attempt,
    fields.startedAt.getTime(),
    fields.endedAt.getTime(),
    encodeText(fields.provider),
    encodeText(fields.operation),
    fields.streamed ? 1 : 0,
    encodeText(fields.outcome),
    encodeText(fields.origin),
    isUnpriced(fields) ? 1 : 0,
    encodeText(fields.cost.basis),
  ];
}

function insertSql(shape: number): string {
  const filled = [...optionalColumns.map(([name]) => name), 'raw_usage'].filter((_, bit) => (shape >> bit) & 1);
  const columns = [...requiredColumns, ...filled];
  return `INSERT INTO usage_records (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (id) DO NOTHING`;
}

/** The values of a shape with a NULL wherever it has none. */
function spread(values: readonly SQLInputValue[], shape: number): SQLInputValue[] {
  const all = values.slice(0, requiredColumns.length);
  let next = all.length;
  for (let bit = 0; bit <= optionalColumns.length; bit += 1) {
    const isFilled = ((shape >> bit) & 1) === 1;
    all.push(isFilled ? (values[next] ?? null) : null);
    if (isFilled) next += 1;
  }
  return all;
}

function textColumn(name: string, textOf: (fields: Fields) => string | undefined): Column<string | undefined> {
  return [
    name,
    (fields) => {
      const text = textOf(fields);
      return text === undefined ? undefined : encodeText(text);
    },
  ];
}

function tokenColumn(name: string, field: keyof TokenUsage): Column<number | undefined> {
  return [name, ({ tokens }) => tokens[field]];
}
