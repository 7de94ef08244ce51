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
  const { reader: reading, outcome = 'completed' } = attempt;
  const counted = countsOf(attempt, outcome);
  const record: Omit<UsageRecord, 'cost'> = {
    v: 1,
    kind: 'usage',
    id: attempt.id,
    callId: attempt.callId,
    attempt: attempt.number,
    startedAt: attempt.startedAt,
    ...given({ firstChunkAt: attempt.firstChunkAt }),
    endedAt: attempt.endedAt ?? attempt.startedAt,
    provider: attempt.provider,
    operation: attempt.operation,
    ...given({
      requestModel: attempt.requestModel,
      responseModel: reading.responseModel,
      serviceTier: reading.serviceTier,
      responseId: reading.responseId,
      requestId: attempt.requestId,
    }),
    streamed: attempt.streamed,
    outcome,
    origin: counted.origin,
    tokens: counted.tokens,
    attribution,
    ...given({ rawUsage: reading.report?.rawUsage }),
  };
  return { ...record, cost: price(record) };
}

function countsOf(
  attempt: Attempt<AnswerReading>,
  outcome: UsageOutcome,
): { readonly origin: UsageOrigin; readonly tokens: TokenUsage } {
  const { reader: reading } = attempt;
  if (reading.report !== undefined) {
    return { origin: attempt.drained ? 'drained' : 'reported', tokens: reading.report.tokens };
  }
  if (attempt.operation === 'speech' || attempt.operation === 'moderation') return { origin: 'none', tokens: {} };
  const mayBeCut = outcome === 'stopped' || outcome === 'failed' || outcome === 'unread';
  const outputTokens = mayBeCut ? reading.estimateOutputTokens(attempt.bytes) : undefined;
  if (outputTokens === undefined) return { origin: 'missing', tokens: {} };
  const inputTokens = attempt.requestTokens;
  return {
    origin: 'estimated',
    tokens:
      inputTokens === undefined
        ? { outputTokens, totalTokens: outputTokens }
        : { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
  };
}

/** The members that have a value: absent means absent, not `undefined`. */
function given<Members extends object>(members: Members): { [Key in keyof Members]?: NonNullable<Members[Key]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
