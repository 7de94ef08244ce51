import { describe, expect, it } from 'vitest';
import { createPricer } from '../../src/pricing/pricer.ts';
import type { PriceOptions, PriceOverride } from '../../src/pricing/price-options.ts';
import { pricedCall } from './priced-call.ts';

const override = (inputPicoUsdPerToken: number, more: Partial<PriceOverride> = {}): PriceOverride => ({
  model: 'gpt-5-mini',
  inputPicoUsdPerToken,
  outputPicoUsdPerToken: 0,
  ...more,
});

const priceAt = (options: PriceOptions, overrides: Parameters<typeof pricedCall>[0] = {}) =>
  createPricer(options)(pricedCall({ tokens: { inputTokens: 1, outputTokens: 0 }, ...overrides }));

describe('a price of the app', () => {
  it('goes before the shipped one, and says so', () => {
    expect(priceAt({ overrides: [override(7)] })).toEqual({ picoUsd: 7, basis: 'override', cardId: 'gpt-5-mini' });
  });

  it('for the provider goes before one for any', () => {
    const options = { overrides: [override(7), override(8, { provider: 'azure' })] };
    expect(priceAt(options).picoUsd).toBe(7);
    expect(priceAt(options, { provider: 'azure' })).toEqual({
      picoUsd: 8,
      basis: 'override',
      cardId: 'azure/gpt-5-mini',
    });
  });

  it('holds for the dated name too, unless that has one of its own', () => {
    const options = { overrides: [override(7), override(8, { model: 'gpt-5-mini-2025-08-07' })] };
    expect(priceAt(options, { responseModel: 'gpt-5-mini-2025-08-07' }).picoUsd).toBe(8);
    expect(priceAt(options, { responseModel: 'gpt-5-mini-2026-01-01' }).picoUsd).toBe(7);
    expect(priceAt(options, { responseModel: 'gpt-5-mini-next' }).basis).toBe('unpriced');
  });

  it('is found by the deployment that was asked for', () => {
    const options = { overrides: [override(7, { model: 'our-deployment' })] };
    expect(priceAt(options, { requestModel: 'our-deployment' }).picoUsd).toBe(7);
    expect(priceAt(options, { requestModel: 'other', responseModel: 'gpt-5-mini' }).basis).toBe('card');
  });

  it('holds in its period; before and after the shipped price does', () => {
    const from = new Date('2026-03-01T00:00:00Z');
    const middle = new Date('2026-06-01T00:00:00Z');
    const to = new Date('2026-09-01T00:00:00Z');
    const price = createPricer({ overrides: [override(8, { from: middle, to }), override(7, { from, to: middle })] });
    const at = (startedAt: string) => {
      const { picoUsd, basis } = price(
        pricedCall({ tokens: { inputTokens: 1, outputTokens: 0 }, startedAt: new Date(startedAt) }),
      );
      return [picoUsd, basis];
    };
    expect(at('2026-02-28T23:59:59.999Z')).toEqual([250_000, 'card']);
    expect(at('2026-03-01T00:00:00Z')).toEqual([7, 'override']);
    expect(at('2026-05-31T23:59:59.999Z')).toEqual([7, 'override']);
    expect(at('2026-06-01T00:00:00Z')).toEqual([8, 'override']);
    expect(at('2026-09-01T00:00:00Z')).toEqual([250_000, 'card']);
  });

  it('that does not fit the counts leaves the call unpriced rather than priced by another', () => {
    expect(priceAt({ overrides: [override(7)] }, { tokens: { outputTokens: 1 } })).toEqual({ basis: 'unpriced' });
  });

  it('charges parts without a rate at the rate of their total', () => {
    const input = { inputTokens: 100, cacheReadInputTokens: 10, cacheWriteInputTokens: 10, audioInputTokens: 10 };
    const tokens = { ...input, outputTokens: 50, reasoningOutputTokens: 10, audioOutputTokens: 10 };
    const overrides = [override(7, { outputPicoUsdPerToken: 1000 })];
    expect(priceAt({ overrides }, { tokens }).picoUsd).toBe(100 * 7 + 50 * 1000);
  });

  it('knows long inputs, hours of the day, service tiers and a factor', () => {
    const long = { aboveInputTokens: 10, inputPicoUsdPerToken: 20, outputPicoUsdPerToken: 0 };
    const night = { fromMinute: 0, toMinute: 60, weekdays: [0], inputPicoUsdPerToken: 5, outputPicoUsdPerToken: 0 };
    const serviceTiers = { flex: [1, 2], Priority: { inputPicoUsdPerToken: 30, outputPicoUsdPerToken: 0 } } as const;
    const overrides = [
      override(10, { model: 'long', longContext: [long], factor: [11, 10] }),
      override(10, { model: 'night', windows: [night] }),
      override(10, { model: 'tiers', serviceTiers }),
    ];
    const price = (responseModel: string, inputTokens: number, more = {}): number | undefined =>
      priceAt({ overrides }, { responseModel, tokens: { inputTokens, outputTokens: 0 }, ...more }).picoUsd;
    expect([price('long', 10), price('long', 11)]).toEqual([110, 242]);
    const sunday = (time: string) => ({ startedAt: new Date(`2026-11-22T${time}Z`) });
    expect(['00:00:00', '00:59:59', '01:00:00'].map((time) => price('night', 1, sunday(time)))).toEqual([5, 5, 10]);
    expect(price('night', 1, { startedAt: new Date('2026-11-23T00:00:00Z') })).toBe(10);
    const tier = (serviceTier: string) => price('tiers', 3, { serviceTier });
    expect([tier('default'), tier('FLEX'), tier('priority'), tier('scale')]).toEqual([30, 15, 90, undefined]);
  });
});

describe('factors of the app', () => {
  it('are multiplied into the shipped price, each where it applies, with one rounding', () => {
    const price = createPricer({
      factors: [
        { provider: 'openai', factor: [11, 10] },
        { model: 'GPT-5-mini', factor: [1, 3] },
        { provider: 'azure', factor: [2, 1] },
        { from: new Date('2026-12-01T00:00:00Z'), factor: [5, 1] },
      ],
    });
    expect(price(pricedCall()).picoUsd).toBe(3_043_333_333); // 8,300,000,000 x 11 / 30
    expect(price(pricedCall({ startedAt: new Date('2026-12-01T00:00:00Z') })).picoUsd).toBe(15_216_666_667);
    expect(price(pricedCall({ provider: 'azure', responseModel: 'gpt-4o' })).picoUsd).toBe(130_000_000_000);
    expect(price(pricedCall({ serviceTier: 'flex' })).picoUsd).toBe(1_521_666_667);
  });

  it.for([
    ['gpt-5-mini', 2],
    ['GPT-5-mini-2025-08-07', 2],
    ['gpt-5-mini-2025-01-01', 1],
    ['gpt-5', 1],
  ] as const)('hold for %s where the answer names gpt-5-mini-2025-08-07: %d times', ([model, times]) => {
    const call = { responseModel: 'gpt-5-mini-2025-08-07', tokens: { inputTokens: 1_000, outputTokens: 0 } };
    const bare = priceAt({}, call).picoUsd ?? 0;
    expect(bare).toBeGreaterThan(0);
    expect(priceAt({ factors: [{ model, factor: [2, 1] }] }, call).picoUsd).toBe(times * bare);
  });
});

describe('providers of the app', () => {
  it('get the price list they are said to have', () => {
    const options = { providers: { 'llm.example.com': 'openai', 'gate.example.com': 'gateway' } };
    const tokens = pricedCall().tokens;
    expect(priceAt(options, { provider: 'llm.example.com', tokens })).toMatchObject({ cardId: 'openai/gpt-5-mini' });
    expect(
      priceAt(options, { provider: 'gate.example.com', responseModel: 'openai/gpt-5-mini', tokens }),
    ).toMatchObject({ cardId: 'openai/gpt-5-mini' });
    expect(priceAt(options, { provider: 'toString', tokens })).toEqual({ basis: 'unpriced' });
  });
});

describe('newer cards', () => {
  const cards = {
    version: '2027-01-01',
    source: 'a test',
    text: '#openai\ngpt-7,gpt-7-latest|i1r.1o10;2027-02-01i2o20',
  };

  it('replace the shipped ones', () => {
    const price = createPricer({ cards });
    expect(price(pricedCall({ responseModel: 'gpt-7-latest' }))).toEqual({
      picoUsd: 39_200_000_000,
      basis: 'card',
      cardId: 'openai/gpt-7',
      priceVersion: '2027-01-01',
    });
    expect(price(pricedCall())).toEqual({ basis: 'unpriced' });
  });

  it('are taken over while running, when the loader returns others that can be read', () => {
    let current: PriceOptions['cards'] = cards;
    const price = createPricer({ cards: () => current as typeof cards });
    const version = () => price(pricedCall({ responseModel: 'gpt-7' })).priceVersion;
    expect(version()).toBe('2027-01-01');
    current = { ...cards, version: '2027-01-02' };
    expect(version()).toBe('2027-01-02');
    current = { ...cards, version: '2027-01-03', text: 'gpt-7' };
    expect(version()).toBe('2027-01-02');
    current = undefined;
    expect(version()).toBe('2027-01-02');
    current = { ...cards, version: '2027-01-04' };
    expect(version()).toBe('2027-01-04');
  });
});
