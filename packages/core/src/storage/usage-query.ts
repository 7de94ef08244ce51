import { MeterError } from '../errors.ts';
import { wrongField } from '../wrong-option.ts';
import { timeBuckets } from './time-buckets.ts';
import type { RecordsQuery, SeriesQuery, UsageQuery } from './usage-store.ts';

const filterFields = ['userId', 'tenantId', 'conversationId', 'messageId', 'model', 'tags', 'from', 'to'];

/**
 * Checks a query before a store works on it.
 *
 * @throws {@link MeterError} `invalid_options`, naming the field that is unknown or wrong.
 */
export function checkUsageQuery(query: UsageQuery): void {
  checkFields(query, filterFields);
  checkFilter(query);
}

/** The same for a series. */
export function checkSeriesQuery(query: SeriesQuery): void {
  checkFields(query, [...filterFields, 'bucket', 'timeZone', 'by']);
  checkFilter(query);
  checkChoice('bucket', query.bucket, ['hour', 'day', 'month']);
  if (query.by !== undefined) checkChoice('by', query.by, ['model', 'user', 'tenant']);
  if (query.timeZone !== undefined) {
    checkText('timeZone', query.timeZone);
    timeBuckets(query.bucket, query.timeZone);
  }
}

/** The same for records. */
export function checkRecordsQuery(query: RecordsQuery): void {
  checkFields(query, [...filterFields, 'after', 'limit', 'order']);
  checkFilter(query);
  if (query.order !== undefined) checkChoice('order', query.order, ['arrival', 'newest']);
  if (query.limit !== undefined && !(Number.isSafeInteger(query.limit) && query.limit >= 0)) {
    throw wrongField('limit', 'a whole number of records, 0 or more', query.limit);
  }
  if (query.after !== undefined) cursorSequence(query.after);
}

/** The cursor of a stored record, made from its place in the order of arrival. */
export function sequenceCursor(sequence: number): string {
  return String(sequence);
}

/**
 * The place a cursor stands for.
 *
 * @throws {@link MeterError} `invalid_options` when the text is no cursor of ours.
 */
export function cursorSequence(cursor: string): number {
  if (typeof cursor !== 'string' || !/^\d{1,15}$/.test(cursor)) {
    throw wrongField('after', 'the cursor of a record that was read earlier', cursor);
  }
  return Number(cursor);
}

/** Checks the user id of the fast path. */
export function checkUserId(userId: string): void {
  checkText('userId', userId);
}

function checkFields(query: object, known: readonly string[]): void {
  if (typeof query !== 'object' || query === null) throw wrongField('query', 'an object', query);
  for (const key of Object.keys(query)) {
    if (!known.includes(key)) {
      throw new MeterError(
        'invalid_options',
        `${key}: unknown field of a usage query; known fields are ${known.join(', ')}`,
      );
    }
  }
}

function checkFilter(query: UsageQuery): void {
  if (query.userId !== null) checkOptionalText('userId', query.userId);
  checkOptionalText('tenantId', query.tenantId);
  checkOptionalText('conversationId', query.conversationId);
  checkOptionalText('messageId', query.messageId);
  checkOptionalText('model', query.model);
  checkInstant('from', query.from);
  checkInstant('to', query.to);
  if (query.tags !== undefined) {
    if (typeof query.tags !== 'object' || query.tags === null)
      throw wrongField('tags', 'an object of strings', query.tags);
    for (const [key, value] of Object.entries(query.tags)) checkText(`tags.${key}`, value);
  }
}

function checkInstant(field: string, value: unknown): void {
  if (value === undefined) return;
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw wrongField(field, 'a valid Date', value);
}

function checkOptionalText(field: string, value: unknown): void {
  if (value !== undefined) checkText(field, value);
}

function checkText(field: string, value: unknown): void {
  if (typeof value !== 'string') throw wrongField(field, 'a string', value);
}

function checkChoice(field: string, value: unknown, choices: readonly string[]): void {
  if (typeof value !== 'string' || !choices.includes(value)) {
    throw wrongField(field, `one of ${choices.map((choice) => `"${choice}"`).join(', ')}`, value);
  }
}
