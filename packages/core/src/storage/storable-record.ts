// oxlint-disable typescript/no-unsafe-type-assertion -- unions are open here: a newer word for an outcome is stored as it is
import type { Attribution } from '../attribution/attribution.ts';
import { MeterError } from '../errors.ts';
import { tokenUsageFields } from '../normalize/token-usage.ts';
import type { TokenUsage } from '../normalize/token-usage.ts';
import type { Cost } from '../pricing/cost.ts';
import type { UsageRecord } from '../recording/usage-record.ts';
import { withoutUndefined } from './without-undefined.ts';

/** A record that was checked and copied: no part of it belongs to the caller any more. */
export interface StorableRecord {
  /** Every field but `rawUsage`. */
  readonly fields: Omit<UsageRecord, 'rawUsage'>;
  /** `rawUsage` as JSON; absent where the record has none. */
  readonly rawUsageJson?: string;
}

/**
 * Checks and copies a record on its way into a store. Fields this version does not know are left out.
 *
 * @throws {@link MeterError} `record_rejected` when the record can never be stored: an invalid `Date`, a count or a cost
 * that is no safe integer, a field of the wrong type, a `rawUsage` that JSON cannot carry.
 */
export function storableRecord(record: UsageRecord | null | undefined): StorableRecord {
  const reject = (problem: string, cause?: unknown): never => {
    const id = recordId(record);
    throw new MeterError('record_rejected', `record "${id.slice(0, 80)}" cannot be stored: ${problem}`, { cause });
  };
  if (typeof record !== 'object' || record === null) return reject('it is not an object');
  if (record.v !== 1) reject(`v is ${String(record.v)}, and this version stores only 1`);
  const text = (field: string, value: string): string =>
    typeof value === 'string' ? value : reject(`${field} is not a string`);
  const optionalText = (field: string, value: string | undefined): string | undefined =>
    value === undefined ? undefined : text(field, value);
  const instant = (field: string, value: Date): Date =>
    value instanceof Date && !Number.isNaN(value.getTime())
      ? new Date(value.getTime())
      : reject(`${field} is not a valid Date`);
  const integer = (field: string, value: number): number =>
    Number.isSafeInteger(value) ? value : reject(`${field} is not a safe integer`);
  const optionalInteger = (field: string, value: number | undefined): number | undefined =>
    value === undefined ? undefined : integer(field, value);
  const part = <T extends object>(field: string, value: T): T =>
    typeof value === 'object' && value !== null ? value : reject(`${field} is not an object`);

  const { tokens, cost, attribution } = record;
  part('tokens', tokens);
  part('cost', cost);
  part('attribution', attribution);
  if (record.kind !== 'usage' && record.kind !== 'adjustment') reject('kind is neither "usage" nor "adjustment"');
  if (typeof record.streamed !== 'boolean') reject('streamed is not a boolean');
  if (text('origin', record.origin).length === 0) reject('origin is empty');

  const copiedTokens: Record<string, number | undefined> = {};
  for (const field of tokenUsageFields) {
    const value = tokens[field];
    copiedTokens[field] =
      field === 'audioSeconds' && typeof value === 'number' && Number.isFinite(value)
        ? value
        : optionalInteger(`tokens.${field}`, value);
  }
  const fields = withoutUndefined<Omit<UsageRecord, 'rawUsage'>>({
    v: record.v,
    kind: record.kind,
    id: text('id', record.id),
    callId: text('callId', record.callId),
    attempt: integer('attempt', record.attempt),
    startedAt: instant('startedAt', record.startedAt),
    firstChunkAt: record.firstChunkAt === undefined ? undefined : instant('firstChunkAt', record.firstChunkAt),
    endedAt: instant('endedAt', record.endedAt),
    provider: text('provider', record.provider),
    operation: text('operation', record.operation) as UsageRecord['operation'],
    requestModel: optionalText('requestModel', record.requestModel),
    responseModel: optionalText('responseModel', record.responseModel),
    serviceTier: optionalText('serviceTier', record.serviceTier),
    responseId: optionalText('responseId', record.responseId),
    requestId: optionalText('requestId', record.requestId),
    streamed: record.streamed,
    outcome: text('outcome', record.outcome) as UsageRecord['outcome'],
    origin: record.origin,
    tokens: withoutUndefined<TokenUsage>(copiedTokens),
    cost: withoutUndefined<Cost>({
      picoUsd: optionalInteger('cost.picoUsd', cost.picoUsd),
      basis: text('cost.basis', cost.basis) as Cost['basis'],
      computedPicoUsd: optionalInteger('cost.computedPicoUsd', cost.computedPicoUsd),
      cardId: optionalText('cost.cardId', cost.cardId),
      priceVersion: optionalText('cost.priceVersion', cost.priceVersion),
    }),
    attribution: withoutUndefined<Attribution>({
      userId: optionalText('attribution.userId', attribution.userId),
      tenantId: optionalText('attribution.tenantId', attribution.tenantId),
      conversationId: optionalText('attribution.conversationId', attribution.conversationId),
      messageId: optionalText('attribution.messageId', attribution.messageId),
      tags: attribution.tags === undefined ? undefined : copyTags(part('attribution.tags', attribution.tags), text),
    }),
  });
  if (record.rawUsage === undefined) return { fields };
  let rawUsageJson: string | undefined;
  try {
    rawUsageJson = JSON.stringify(record.rawUsage);
  } catch (cause) {
    reject('rawUsage cannot be written as JSON', cause);
  }
  return { fields, rawUsageJson: rawUsageJson ?? reject('rawUsage cannot be written as JSON') };
}

/** A fresh copy for a reader, who may change it as he likes. */
export function readableRecord(stored: StorableRecord): UsageRecord {
  const { fields, rawUsageJson } = stored;
  const { tags, ...attribution } = fields.attribution;
  return {
    ...fields,
    startedAt: new Date(fields.startedAt),
    ...(fields.firstChunkAt === undefined ? {} : { firstChunkAt: new Date(fields.firstChunkAt) }),
    endedAt: new Date(fields.endedAt),
    tokens: { ...fields.tokens },
    cost: { ...fields.cost },
    attribution: tags === undefined ? attribution : { ...attribution, tags: { ...tags } },
    ...(rawUsageJson === undefined ? {} : { rawUsage: JSON.parse(rawUsageJson) as unknown }),
  };
}

/** The id of anything that was handed in as a record, for the list of rejected ones. */
export function recordId(record: UsageRecord | null | undefined): string {
  return String(record?.id);
}

/** True where a record has tokens and no price, so that a cost sum over it is a lower bound. */
export function isUnpriced(record: Pick<UsageRecord, 'tokens' | 'cost'>): boolean {
  return record.cost.picoUsd === undefined && tokenUsageFields.some((field) => (record.tokens[field] ?? 0) !== 0);
}

function copyTags(
  tags: Readonly<Record<string, string>>,
  text: (field: string, value: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [key, text(`attribution.tags.${key}`, value)] as const),
  );
}
