import type { UsageRecord } from '../recording/usage-record.ts';

/**
 * Returns a valid record, the same at every call. A test overrides only the fields it is about.
 *
 * `overrides` replace whole fields: `tokens`, `cost` and `attribution` are not merged. The default `callId` is the id, as for the first
 * attempt of a call, so two records with different ids are two calls.
 *
 * @example
 * ```ts
 * const record = usageRecord({ id: 'a', attribution: { userId: 'u1' } });
 * ```
 */
export function usageRecord(overrides: Partial<UsageRecord> = {}): UsageRecord {
  const id = overrides.id ?? 'record-1';
  return {
    v: 1,
    kind: 'usage',
    id,
    callId: id,
    attempt: 1,
    startedAt: new Date('2026-11-22T10:00:00.000Z'),
    endedAt: new Date('2026-11-22T10:00:01.500Z'),
    provider: 'openai',
    operation: 'chat',
    requestModel: 'gpt-5-mini',
    responseModel: 'gpt-5-mini-2026-08-07',
    streamed: true,
    outcome: 'completed',
    origin: 'reported',
    tokens: { inputTokens: 200, outputTokens: 100, totalTokens: 300 },
    cost: { picoUsd: 250_000_000, basis: 'card', cardId: 'openai/gpt-5-mini', priceVersion: '2026-11-22' },
    attribution: { userId: 'user-1' },
    ...overrides,
  };
}
