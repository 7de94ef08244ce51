// oxlint-disable typescript/no-unsafe-type-assertion -- unions are open here: a newer word for an outcome is stored as it is
import type { Attribution } from '../attribution/attribution.ts';
import { MeterError } from '../errors.ts';
import { tokenUsageFields } from '../normalize/token-usage.ts';
import type { TokenUsage } from '../normalize/token-usage.ts';
import type { Cost } from '../pricing/cost.ts';
import type { UsageRecord } from '../recording/usage-record.ts';

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
  try {
    return copied(record);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const id = recordId(record).slice(0, 80);
    const { cause } = error;
    throw new MeterError('record_rejected', `record "${id}" cannot be stored: ${error.message}`, {
      cause,
    });
  }
}

/** What is wrong with a record, before it is told which one that is. */
class Fault extends Error {}

function copied(record: UsageRecord | null | undefined): StorableRecord {
  if (typeof record !== 'object' || record === null) throw new Fault('it is not an object');
  if (record.v !== 1) throw new Fault(`v is ${String(record.v)}, and this version stores only 1`);
  const { tokens, cost, attribution } = record;
  part('tokens', tokens);
  part('cost', cost);
  part('attribution', attribution);
  if (record.kind !== 'usage' && record.kind !== 'adjustment')
    throw new Fault('kind is neither "usage" nor "adjustment"');
  if (typeof record.streamed !== 'boolean') throw new Fault('streamed is not a boolean');
  if (text('origin', record.origin).length === 0) throw new Fault('origin is empty');

  const fields: Mutable<Omit<UsageRecord, 'rawUsage'>> = {
    v: record.v,
    kind: record.kind,
    id: text('id', record.id),
    callId: text('callId', record.callId),
    attempt: integer('attempt', record.attempt),
    startedAt: instant('startedAt', record.startedAt),
    endedAt: instant('endedAt', record.endedAt),
    provider: text('provider', record.provider),
    operation: text('operation', record.operation) as UsageRecord['operation'],
    streamed: record.streamed,
    outcome: text('outcome', record.outcome) as UsageRecord['outcome'],
    origin: record.origin,
    tokens: copiedTokens(tokens),
    cost: copiedCost(cost),
    attribution: copiedAttribution(attribution),
  };
  if (record.firstChunkAt !== undefined) fields.firstChunkAt = instant('firstChunkAt', record.firstChunkAt);
  if (record.requestModel !== undefined) fields.requestModel = text('requestModel', record.requestModel);
  if (record.responseModel !== undefined) fields.responseModel = text('responseModel', record.responseModel);
  if (record.serviceTier !== undefined) fields.serviceTier = text('serviceTier', record.serviceTier);
  if (record.responseId !== undefined) fields.responseId = text('responseId', record.responseId);
  if (record.requestId !== undefined) fields.requestId = text('requestId', record.requestId);
  if (record.rawUsage === undefined) return { fields };
  return { fields, rawUsageJson: jsonOf(record.rawUsage) };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Field by field: by name out of a list it takes as long as all the rest of a record. */
function copiedTokens(tokens: TokenUsage): TokenUsage {
  const copy: Mutable<TokenUsage> = {};
  const { inputTokens, outputTokens, totalTokens, audioSeconds } = tokens;
  const { cacheReadInputTokens, cacheWriteInputTokens, reasoningOutputTokens } = tokens;
  const { audioInputTokens, audioOutputTokens } = tokens;
  if (inputTokens !== undefined) copy.inputTokens = integer('inputTokens', inputTokens);
  if (outputTokens !== undefined) copy.outputTokens = integer('outputTokens', outputTokens);
  if (totalTokens !== undefined) copy.totalTokens = integer('totalTokens', totalTokens);
  if (cacheReadInputTokens !== undefined)
    copy.cacheReadInputTokens = integer('cacheReadInputTokens', cacheReadInputTokens);
  if (cacheWriteInputTokens !== undefined)
    copy.cacheWriteInputTokens = integer('cacheWriteInputTokens', cacheWriteInputTokens);
  if (reasoningOutputTokens !== undefined)
    copy.reasoningOutputTokens = integer('reasoningOutputTokens', reasoningOutputTokens);
  if (audioInputTokens !== undefined) copy.audioInputTokens = integer('audioInputTokens', audioInputTokens);
  if (audioOutputTokens !== undefined) copy.audioOutputTokens = integer('audioOutputTokens', audioOutputTokens);
  if (audioSeconds !== undefined) copy.audioSeconds = seconds(audioSeconds);
  return copy;
}

function copiedCost(cost: Cost): Cost {
  const copy: Mutable<Cost> = { basis: text('cost.basis', cost.basis) as Cost['basis'] };
  if (cost.picoUsd !== undefined) copy.picoUsd = integer('cost.picoUsd', cost.picoUsd);
  if (cost.computedPicoUsd !== undefined) copy.computedPicoUsd = integer('cost.computedPicoUsd', cost.computedPicoUsd);
  if (cost.cardId !== undefined) copy.cardId = text('cost.cardId', cost.cardId);
  if (cost.priceVersion !== undefined) copy.priceVersion = text('cost.priceVersion', cost.priceVersion);
  return copy;
}

function copiedAttribution(attribution: Attribution): Attribution {
  const { userId, tenantId, conversationId, messageId, tags } = attribution;
  const copy: Mutable<Attribution> = {};
  if (userId !== undefined) copy.userId = text('attribution.userId', userId);
  if (tenantId !== undefined) copy.tenantId = text('attribution.tenantId', tenantId);
  if (conversationId !== undefined) copy.conversationId = text('attribution.conversationId', conversationId);
  if (messageId !== undefined) copy.messageId = text('attribution.messageId', messageId);
  if (tags !== undefined) copy.tags = copyTags(part('attribution.tags', tags));
  return copy;
}

function text(field: string, value: string): string {
  if (typeof value !== 'string') throw new Fault(`${field} is not a string`);
  return value;
}

function instant(field: string, value: Date): Date {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new Fault(`${field} is not a valid Date`);
  return new Date(value.getTime());
}

function integer(field: string, value: number): number {
  if (!Number.isSafeInteger(value)) throw new Fault(`${field} is not a safe integer`);
  return value;
}

function seconds(value: number): number {
  if (!Number.isFinite(value)) throw new Fault('audioSeconds is not a finite number');
  return value;
}

function part<T extends object>(field: string, value: T): T {
  if (typeof value !== 'object' || value === null) throw new Fault(`${field} is not an object`);
  return value;
}

function jsonOf(rawUsage: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(rawUsage);
  } catch (cause) {
    throw new Fault('rawUsage cannot be written as JSON', { cause });
  }
  if (json === undefined) throw new Fault('rawUsage cannot be written as JSON');
  return json;
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

function copyTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  const copy: Record<string, string> = {};
  for (const key of Object.keys(tags)) {
    const value = tags[key];
    if (typeof value !== 'string') throw new Fault(`attribution.tags.${key} is not a string`);
    // Assigned, this one would be the prototype.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value, configurable: true, enumerable: true, writable: true });
    else copy[key] = value;
  }
  return copy;
}
