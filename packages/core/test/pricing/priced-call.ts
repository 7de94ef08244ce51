import type { PricedCall } from '../../src/pricing/priced-call.ts';

/** A call to gpt-5-mini that costs $0.0083; a test states only what it is about. */
export function pricedCall(overrides: Partial<PricedCall> = {}): PricedCall {
  return {
    provider: 'openai',
    operation: 'chat',
    responseModel: 'gpt-5-mini',
    startedAt: new Date('2026-11-22T12:00:00Z'),
    tokens: { inputTokens: 20_000, outputTokens: 3_000, cacheReadInputTokens: 12_000, reasoningOutputTokens: 1_800 },
    ...overrides,
  };
}
