import { describe, expect, it } from 'vitest';
import type { PriceCard } from '../../src/pricing/price-card.ts';
import { createPricer } from '../../src/pricing/pricer.ts';
import { priceUsage } from '../../src/pricing/price-usage.ts';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

const tokens = { inputTokens: 1000, outputTokens: 100, totalTokens: 1100, cacheReadInputTokens: 400 };

describe('priceUsage', () => {
  it.for<readonly [string, Partial<UsageRecord>]>([
    ['by a card', { tokens }],
    ['by service tier', { tokens, serviceTier: 'flex' }],
    [
      'by the provider',
      {
        provider: 'openrouter',
        responseModel: 'openai/gpt-5-mini',
        tokens,
        rawUsage: { cost: 0.000345, cost_details: {} },
      },
    ],
    ['not at all', { responseModel: 'house-model', tokens }],
  ])('gives a stored record the cost it was recorded with: %s', ([, overrides]) => {
    const price = createPricer();
    const { cost: _, ...bare } = usageRecord(overrides);
    const record = { ...bare, cost: price(bare) };
    const { startedAt, ...rest } = JSON.parse(JSON.stringify(record)) as Omit<UsageRecord, 'startedAt'> & {
      startedAt: string;
    };
    expect(priceUsage({ ...rest, startedAt: new Date(startedAt) })).toEqual(record.cost);
  });

  it('prices by the given card alone, whatever the call cost', () => {
    const plan: PriceCard = {
      id: 'plan-pro',
      version: 'v3',
      inputPicoUsdPerToken: 10,
      cacheReadPicoUsdPerToken: 1,
      outputPicoUsdPerToken: 100,
    };
    const record = usageRecord({ responseModel: 'house-model', tokens, rawUsage: { cost: 1 } });
    expect(priceUsage(record, plan)).toEqual({
      picoUsd: 600 * 10 + 400 + 100 * 100,
      basis: 'override',
      cardId: 'plan-pro',
      priceVersion: 'v3',
    });
  });

  it('prices by the period of a card that holds at the start of the call', () => {
    const change = new Date('2026-11-22T10:00:00.000Z');
    const plan: PriceCard = {
      id: 'plan',
      periods: [
        { to: change, requestPicoUsd: 1 },
        { from: change, requestPicoUsd: 2 },
      ],
    };
    expect(priceUsage(usageRecord({ tokens: {}, startedAt: new Date(change.getTime() - 1) }), plan).picoUsd).toBe(1);
    expect(priceUsage(usageRecord({ tokens: {}, startedAt: change }), plan).picoUsd).toBe(2);
  });

  it('says unpriced where the card has no price for the instant', () => {
    const plan: PriceCard = { id: 'plan', from: new Date('2027-01-01T00:00:00Z'), requestPicoUsd: 1 };
    expect(priceUsage(usageRecord(), plan)).toEqual({ basis: 'unpriced' });
  });

  it('changes neither record nor card', () => {
    const record = usageRecord({ tokens });
    const plan: PriceCard = {
      id: 'plan',
      periods: [{ requestPicoUsd: 1, longContext: [{ aboveInputTokens: 5, requestPicoUsd: 2 }] }],
    };
    const before = JSON.stringify([record, plan]);
    priceUsage(record, plan);
    expect(JSON.stringify([record, plan])).toBe(before);
  });
});
