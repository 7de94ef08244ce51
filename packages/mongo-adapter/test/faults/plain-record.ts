import type { UsageRecord } from '@kilotoken/core';

/** A record of 300 tokens. */
export function plainRecord(id: string, userId: string, messageId?: string): UsageRecord {
  const startedAt = new Date('2026-11-22T10:00:00Z');
  return {
    v: 1,
    kind: 'usage',
    id,
    callId: `call of ${id}`,
    attempt: 1,
    startedAt,
    endedAt: startedAt,
    provider: 'openai',
    operation: 'chat',
    responseModel: 'gpt-5-mini',
    streamed: true,
    outcome: 'completed',
    origin: 'reported',
    tokens: { inputTokens: 200, outputTokens: 100, totalTokens: 300 },
    cost: { picoUsd: 250_000_000, basis: 'card' },
    attribution: { userId, ...(messageId === undefined ? {} : { messageId }) },
  };
}
