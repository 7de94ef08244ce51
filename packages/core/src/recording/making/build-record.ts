import type { Attribution } from '../../attribution/attribution.ts';
import type { Attempt } from '../../capture/attempt/attempt.ts';
import type { AnswerReading } from '../../normalize/answer-reader.ts';
import type { TokenUsage } from '../../normalize/token-usage.ts';
import type { Cost } from '../../pricing/cost.ts';
import { bareUsage } from './bare-usage.ts';
import type { UsageOrigin, UsageOutcome, UsageRecord } from '../usage-record.ts';

/** Makes the record of an attempt that has ended. */
export function buildRecord(
  attempt: Attempt<AnswerReading>,
  attribution: Attribution,
  price: (record: Omit<UsageRecord, 'cost'>) => Cost,
): UsageRecord {
  const { reader: reading, outcome = 'completed', startedAt, requestModel, requestId } = attempt;
  const { responseModel, serviceTier, responseId = attempt.generationId } = reading;
  const counted = countsOf(attempt, outcome);
  const rawUsage = reading.report?.rawUsage;
  // A clock that was set back in between would make an answer that came before its question.
  const firstChunkAt = attempt.firstChunkAt && later(startedAt, attempt.firstChunkAt);
  const record: Mutable<UsageRecord> = {
    v: 1,
    kind: 'usage',
    id: attempt.id,
    callId: attempt.callId,
    attempt: attempt.number,
    startedAt,
    endedAt: later(firstChunkAt ?? startedAt, attempt.endedAt ?? startedAt),
    provider: attempt.provider,
    operation: attempt.operation,
    streamed: attempt.streamed,
    outcome,
    origin: counted.origin,
    tokens: counted.tokens,
    attribution,
    cost: unpriced,
  };
  // Absent means absent, not `undefined`.
  if (firstChunkAt !== undefined) record.firstChunkAt = firstChunkAt;
  if (isName(requestModel)) record.requestModel = requestModel;
  if (isName(responseModel)) record.responseModel = responseModel;
  if (isName(serviceTier)) record.serviceTier = serviceTier;
  if (isName(responseId)) record.responseId = responseId;
  if (isName(requestId)) record.requestId = requestId;
  if (rawUsage !== undefined) record.rawUsage = bareUsage(rawUsage);
  record.cost = price(withHeaderCost(record, attempt.reportedUsd));
  return record;
}

function later(one: Date, other: Date): Date {
  // Dates that are compared themselves are asked for a primitive each, by way of a symbol.
  return other.getTime() < one.getTime() ? one : other;
}

/** Others decide how long these are; gateways put whole descriptions into ids, and nobody needs more. */
function isName(text: string | undefined): text is string {
  return text !== undefined && text.length <= 1000;
}

/** A record while it is made. */
type Mutable<Shape> = { -readonly [Member in keyof Shape]: Shape[Member] };

const unpriced: Cost = { basis: 'unpriced' };

/** A cost that came as a header is priced like one in the usage object; the record keeps the object as it was sent. */
function withHeaderCost(record: Omit<UsageRecord, 'cost'>, usd: string | undefined): Omit<UsageRecord, 'cost'> {
  const { rawUsage } = record;
  if (usd === undefined || (rawUsage !== undefined && (typeof rawUsage !== 'object' || rawUsage === null)))
    return record;
  return { ...record, rawUsage: { cost: usd, ...rawUsage } };
}

function countsOf(
  attempt: Attempt<AnswerReading>,
  outcome: UsageOutcome,
): { readonly origin: UsageOrigin; readonly tokens: TokenUsage } {
  const { reader: reading } = attempt;
  const mayBeCut = outcome === 'stopped' || outcome === 'failed' || outcome === 'unread';
  const reported = reading.report?.tokens;
  // Zeros ahead of the end keep a place for the usage.
  if (reported !== undefined && (!mayBeCut || reading.hasUsage || reading.hasCounts)) {
    const late = attempt.recovered ? 'recovered' : attempt.drained ? 'drained' : 'reported';
    return { origin: late, tokens: attempt.operation === 'embeddings' ? allInput(reported) : reported };
  }
  if (attempt.operation === 'speech' || attempt.operation === 'moderation') return { origin: 'none', tokens: {} };
  if (!mayBeCut) return missing;
  const outputTokens = reading.estimateOutputTokens(attempt.bytes);
  // A provider that began to answer has read the request, whether or not any text was seen.
  const hasBegun = outputTokens !== undefined || (attempt.bytes > 0 && !reading.hasError);
  const inputTokens = hasBegun ? attempt.requestTokens?.() : undefined;
  if (inputTokens === undefined && outputTokens === undefined) return missing;
  const tokens: Mutable<TokenUsage> = {};
  if (inputTokens !== undefined) tokens.inputTokens = inputTokens;
  if (outputTokens !== undefined) tokens.outputTokens = outputTokens;
  tokens.totalTokens = (inputTokens ?? 0) + (outputTokens ?? 0);
  return { origin: 'estimated', tokens };
}

const missing = { origin: 'missing', tokens: {} } as const;

/** Embeddings have no output: a total alone (Voyage) is the input. */
function allInput(tokens: TokenUsage): TokenUsage {
  const { inputTokens, outputTokens, totalTokens } = tokens;
  if (totalTokens === undefined || inputTokens !== undefined || outputTokens !== undefined) return tokens;
  return { ...tokens, inputTokens: totalTokens };
}
