import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPricer } from '../../src/pricing/pricer.ts';
import { priceUsage } from '../../src/pricing/price-usage.ts';
import { pricedCall } from './priced-call.ts';

describe('what the provider says it charges', () => {
  it.for<readonly [string, unknown, number]>([
    ['OpenRouter', { cost: 0.00639 }, 6_390_000_000],
    ['OpenRouter, for free', { cost: 0 }, 0],
    ['a float that drifts when multiplied', { cost: 0.0083 }, 8_300_000_000],
    ['a float in scientific notation', { cost: 8.125e-5 }, 81_250_000],
    ['less than a pico-dollar, rounded', { cost: 1.4e-12 }, 1],
    ['half a pico-dollar, to even', { cost: 2.5e-12 }, 2],
    ['half a pico-dollar, to even from below', { cost: 3.5e-12 }, 4],
    ['float noise', { cost: '0.00000100000000000000015' }, 1_000_000],
    ['a gateway that sends text', { cost: '0.002030' }, 2_030_000_000],
    ['Perplexity', { cost: { input_tokens_cost: 0.0001, total_cost: 0.0011 } }, 1_100_000_000],
    ['OpenRouter, by generation', { usage: 0.0042, total_cost: 0.0042 }, 4_200_000_000],
    ['xAI', { cost_in_usd_ticks: 812_500 }, 81_250_000],
    ['xAI, by its other name', { cost_in_usd_ticks: null, cost_in_nano_usd: 1_234_000 }, 1_234_000_000],
    ['DeepInfra', { estimated_cost: 0.00000494 }, 4_940_000],
    ['LLM Gateway', { cost_usd_total: 0.000125, cost_usd_input: 0.000025 }, 125_000_000],
    ['Perplexity, with its currency', { cost: { currency: 'USD', total_cost: 0.0011 } }, 1_100_000_000],
    [
      "OpenRouter with a key of one's own: its fee",
      { cost: 0.0001, is_byok: true, cost_details: { upstream_inference_cost: 0.002 } },
      100_000_000,
    ],
  ])('counts exactly: %s', ([, rawUsage, picoUsd]) => {
    expect(priceUsage(pricedCall({ provider: 'openrouter', responseModel: 'some/model', rawUsage }))).toEqual({
      picoUsd,
      basis: 'provider',
    });
  });

  it('is the same as number and as text, whatever the amount', () => {
    const price = (cost: unknown) => priceUsage(pricedCall({ responseModel: 'x', rawUsage: { cost } }));
    const cents = fc
      .tuple(fc.maxSafeNat(), fc.integer({ min: 4, max: 20 }))
      .map(([digits, scale]) => Number(`${digits}e-${scale}`));
    const amount = fc.oneof(
      cents,
      fc.double({ min: 0, max: 9000, noNaN: true }),
      fc.double({ min: 0, max: 1e-6, noNaN: true }),
    );
    fc.assert(
      fc.property(amount, (usd) => {
        expect(price(usd)).toEqual(price(usd.toString()));
      }),
      { numRuns: 5000, seed: 6 },
    );
  });

  it('stands before the card, whose figure is kept beside', () => {
    const call = pricedCall({ provider: 'openrouter', responseModel: 'openai/gpt-5-mini', rawUsage: { cost: 0.0079 } });
    expect(priceUsage(call)).toEqual({
      picoUsd: 7_900_000_000,
      basis: 'provider',
      computedPicoUsd: 8_300_000_000,
      cardId: 'openai/gpt-5-mini',
      priceVersion: expect.stringMatching(/^20\d\d-\d\d-\d\d /),
    });
  });

  it('stands before an override', () => {
    const price = createPricer({
      overrides: [{ model: 'gpt-5-mini', inputPicoUsdPerToken: 1, outputPicoUsdPerToken: 1 }],
    });
    expect(price(pricedCall({ rawUsage: { cost: 0.01 } }))).toEqual({
      picoUsd: 10_000_000_000,
      basis: 'provider',
      computedPicoUsd: 23_000,
      cardId: 'gpt-5-mini',
    });
  });

  it.for<readonly [unknown]>([
    [undefined],
    [null],
    ['0.01'],
    [{ cost: null }],
    [{ cost: -0.01 }],
    [{ cost: 'free' }],
    [{ cost: Number.NaN }],
    [{ cost: {} }],
    [{ cost: 1e9 }],
    [{ cost_in_usd_ticks: {} }],
    [{ cost: { currency: 'EUR', total_cost: 0.01 } }],
    [{ cost: 0.01, currency: 'CNY' }],
  ])('is not heard where it is no amount: %j', ([rawUsage]) => {
    expect(priceUsage(pricedCall({ rawUsage }))).toMatchObject({ picoUsd: 8_300_000_000, basis: 'card' });
  });
});
