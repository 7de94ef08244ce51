import type { Attribution } from '../attribution/attribution.ts';
import type { Attempt } from '../capture/attempt.ts';
import type { AnswerReading } from '../normalize/answer-reader.ts';
import type { TokenUsage } from '../normalize/token-usage.ts';
import type { Cost } from '../pricing/cost.ts';
import type { UsageOrigin, UsageOutcome, UsageRecord } from './usage-record.ts';

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
  if (requestModel !== undefined) record.requestModel = requestModel;
  if (responseModel !== undefined) record.responseModel = responseModel;
  if (serviceTier !== undefined) record.serviceTier = serviceTier;
  if (responseId !== undefined) record.responseId = responseId;
  if (requestId !== undefined) record.requestId = requestId;
  if (rawUsage !== undefined) record.rawUsage = copyOf(rawUsage);
  record.cost = price(withHeaderCost(record, attempt.reportedUsd));
  return record;
}

function later(one: Date, other: Date): Date {
  // Dates that are compared themselves are asked for a primitive each, by way of a symbol.
  return other.getTime() < one.getTime() ? one : other;
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
  if (reading.report !== undefined) {
    const late = attempt.recovered ? 'recovered' : attempt.drained ? 'drained' : 'reported';
    return { origin: late, tokens: reading.report.tokens };
  }
  if (attempt.operation === 'speech' || attempt.operation === 'moderation') return { origin: 'none', tokens: {} };
  const mayBeCut = outcome === 'stopped' || outcome === 'failed' || outcome === 'unread';
  const outputTokens = mayBeCut ? reading.estimateOutputTokens(attempt.bytes) : undefined;
  if (outputTokens === undefined) return { origin: 'missing', tokens: {} };
  const inputTokens = attempt.requestTokens?.();
  return {
    origin: 'estimated',
    tokens:
      inputTokens === undefined
        ? { outputTokens, totalTokens: outputTokens }
        : { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
  };
}

/** The host may have got the very object, and may change it before it is stored. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as unknown[]).map(copyOf);
  const copy: Record<string, unknown> = { ...value };
  for (const name of Object.keys(copy)) {
    const member = copy[name];
    if (typeof member === 'object') copy[name] = copyOf(member);
  }
  return copy;
}
