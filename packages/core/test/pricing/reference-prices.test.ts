import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TokenUsage } from '../../src/normalize/token-usage.ts';
import { priceUsage } from '../../src/pricing/price-usage.ts';
import { pricedCall } from './priced-call.ts';

interface ReferenceCase {
  readonly case: string;
  readonly provider: string;
  readonly model: string;
  readonly serviceTier?: string;
  readonly at?: string;
  readonly tokens: TokenUsage;
  readonly expectedPicoUsd: number;
}

const file = new URL('../fixtures/prices/cases.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly ReferenceCase[];

/** 20,000 in, of them 12,000 from the cache, and 3,000 out, in USD. */
const usd = (input: number, cached: number, output: number): number =>
  Math.round((8 * input + 12 * cached + 3 * output) * 1e9);

describe('the reference prices', () => {
  it('are twelve', () => expect(cases).toHaveLength(12));

  it.for(cases)(
    'hold for $case',
    ({ provider, model, serviceTier, at = '2026-11-22T12:00:00Z', tokens, expectedPicoUsd }) => {
      const tier = serviceTier === undefined ? {} : { serviceTier };
      const call = pricedCall({ provider, responseModel: model, ...tier, startedAt: new Date(at), tokens });
      expect(priceUsage(call)).toMatchObject({
        picoUsd: expectedPicoUsd,
        basis: 'card',
        cardId: `${provider}/${model}`,
      });
    },
  );
});

describe('what the source does not know', () => {
  it.for([
    ['openai', 'gpt-5-mini', 'priority', '2026-11-22T12:00:00Z', usd(0.45, 0.045, 3.6)],
    ['openai', 'gpt-5-mini', 'batch', '2026-11-22T12:00:00Z', usd(0.125, 0.0125, 1)],
    ['openai', 'o4-mini', 'priority', '2026-11-22T12:00:00Z', usd(2, 0.5, 8)],
    ['openai', 'gpt-6.1-sol', undefined, '2026-11-22T12:00:00Z', usd(2, 0.1, 10)],
    // the promotion
    ['openai', 'gpt-5.6-sol', undefined, '2026-08-20T23:59:59Z', usd(5, 0.5, 30)],
    ['openai', 'gpt-5.6-sol', undefined, '2026-11-20T12:00:00Z', usd(4, 0.4, 20)],
    ['anthropic', 'claude-sonnet-5-5', undefined, '2026-11-22T12:00:00Z', usd(2, 0.1, 10)],
    // before peak hours were introduced, and at both sides of their first minute
    ['deepseek', 'deepseek-v4-flash', undefined, '2026-08-10T02:00:00Z', usd(0.14, 0.0028, 0.28)],
    ['deepseek', 'deepseek-v4-pro', undefined, '2026-11-23T00:59:59.999Z', usd(0.66, 0.022, 1.98)],
    ['deepseek', 'deepseek-v4-pro', undefined, '2026-11-23T01:00:00Z', usd(1.32, 0.044, 3.96)],
    ['deepseek', 'deepseek-v4-pro', undefined, '2026-11-23T04:00:00Z', usd(0.66, 0.022, 1.98)],
    // every day at first, then not at weekends (a Saturday), nor on holidays in China (a Thursday)
    ['deepseek', 'deepseek-v4-pro', undefined, '2026-08-22T02:00:00Z', usd(1.32, 0.044, 3.96)],
    ['deepseek', 'deepseek-v4-pro', undefined, '2026-08-29T02:00:00Z', usd(0.66, 0.022, 1.98)],
    ['deepseek', 'deepseek-v4-pro', undefined, '2026-10-01T02:00:00Z', usd(0.66, 0.022, 1.98)],
    ['deepseek', 'deepseek-v4-pro', undefined, '2026-10-08T02:00:00Z', usd(1.32, 0.044, 3.96)],
    // of 2027 the days that the law names are known: the eve of the spring festival (a Friday), and mid-autumn
    ['deepseek', 'deepseek-v4-pro', undefined, '2027-02-04T02:00:00Z', usd(1.32, 0.044, 3.96)],
    ['deepseek', 'deepseek-v4-pro', undefined, '2027-02-05T02:00:00Z', usd(0.66, 0.022, 1.98)],
    ['deepseek', 'deepseek-v4-pro', undefined, '2027-02-08T07:00:00Z', usd(0.66, 0.022, 1.98)],
    ['deepseek', 'deepseek-v4-flash', undefined, '2027-09-15T07:00:00Z', usd(0.15, 0.003, 0.6)],
    ['deepseek', 'deepseek-v4-flash', undefined, '2027-09-16T07:00:00Z', usd(0.3, 0.006, 1.2)],
    // OpenRouter asks half of what OpenAI does
    ['openrouter', 'openai/gpt-5.6-sol', undefined, '2026-11-20T12:00:00Z', usd(2, 0.2, 10)],
    // Azure's retail prices, not those of other hosts
    ['azure', 'Phi-4', undefined, '2026-11-20T12:00:00Z', usd(0.125, 0.125, 0.5)],
    ['azure', 'gpt-oss-120b', undefined, '2026-11-20T12:00:00Z', usd(0.15, 0.15, 0.6)],
    // the model behind the name was replaced
    ['deepseek', 'deepseek-v4-flash', undefined, '2026-09-10T03:59:59Z', usd(0.44, 0.014, 1.32)],
    ['deepseek', 'deepseek-v4-flash', undefined, '2026-09-10T04:00:00Z', usd(0.15, 0.003, 0.6)],
    ['deepseek', 'deepseek-flash', undefined, '2026-11-23T07:00:00Z', usd(0.3, 0.006, 1.2)],
  ] as const)('is right for %s %s, tier %s, at %s', ([provider, responseModel, serviceTier, at, picoUsd]) => {
    const tier = serviceTier === undefined ? {} : { serviceTier };
    const call = pricedCall({ provider, responseModel, ...tier, startedAt: new Date(at) });
    expect(priceUsage(call).picoUsd).toBe(picoUsd);
  });

  it('is the batch price for a line of a batch, which names no tier', () => {
    expect(priceUsage(pricedCall({ operation: 'batch' })).picoUsd).toBe(usd(0.125, 0.0125, 1));
    expect(priceUsage(pricedCall({ operation: 'batch', serviceTier: 'default' })).picoUsd).toBe(usd(0.125, 0.0125, 1));
  });

  it.for([
    ['openai', 'gpt-4o-transcribe', (8 * 2.5 + 80 * 2.5 + 19 * 10) * 1e6],
    ['openai', 'gpt-4o-mini-transcribe-2025-12-15', (8 * 1.25 + 80 * 1.25 + 19 * 5) * 1e6],
    ['azure', 'gpt-4o-transcribe', (8 * 2.5 + 80 * 6 + 19 * 10) * 1e6],
  ] as const)('has the price of the audio that %s lists for %s', ([provider, responseModel, picoUsd]) => {
    const tokens = { inputTokens: 88, outputTokens: 19, audioInputTokens: 80 };
    expect(priceUsage(pricedCall({ provider, responseModel, tokens })).picoUsd).toBe(picoUsd);
  });

  it('is the long-context price of gpt-6.1-terra from the 272,000th token on', () => {
    const price = (inputTokens: number): number | undefined =>
      priceUsage(pricedCall({ responseModel: 'gpt-6.1-terra', tokens: { inputTokens, outputTokens: 0 } })).picoUsd;
    expect(price(271_999)).toBe(271_999 * 1_000_000);
    expect(price(272_000)).toBe(272_000 * 2_000_000);
  });

  it.for([
    ['a tier no list has a price for', { serviceTier: 'scale' }],
    ['a tier the model is not served in', { responseModel: 'gpt-5-nano', serviceTier: 'priority' }],
    [
      'cached input in a batch, of a model whose batch price lists none',
      { responseModel: 'gpt-4.1', serviceTier: 'batch' },
    ],
    [
      'audio at Azure, which lists other rates than OpenAI',
      {
        provider: 'azure',
        responseModel: 'gpt-audio',
        tokens: { inputTokens: 9, outputTokens: 1, audioInputTokens: 5 },
      },
    ],
    ['an OpenAI tier at Azure', { provider: 'azure', serviceTier: 'flex' }],
    [
      'faster processing by Anthropic',
      { provider: 'anthropic', responseModel: 'claude-opus-5', rawUsage: { speed: 'fast' } },
    ],
    [
      'regional processing by Anthropic',
      { provider: 'anthropic', responseModel: 'claude-opus-5', rawUsage: { inference_geo: 'us' } },
    ],
    ...['ON_DEMAND_PRIORITY', 'ON_DEMAND_FLEX', 'PROVISIONED_THROUGHPUT'].map(
      (type) =>
        [
          `a tier of Vertex AI, named in the usage: ${type}`,
          {
            provider: 'google',
            responseModel: 'google/gemini-2.5-pro',
            rawUsage: { extra_properties: { google: { traffic_type: type } } },
          },
        ] as const,
    ),
    [
      'audio where the source has only the text price',
      { responseModel: 'gpt-4o-audio-preview', tokens: { inputTokens: 9, outputTokens: 1, audioInputTokens: 5 } },
    ],
  ] as const)('stays unpriced: %s', ([, overrides]) => {
    expect(priceUsage(pricedCall(overrides))).toEqual({ basis: 'unpriced' });
  });

  it.for(['ON_DEMAND', 'on_demand', 'TRAFFIC_TYPE_UNSPECIFIED', null])(
    'is the base price where Vertex AI names no tier: %s',
    (type) => {
      const rawUsage = { extra_properties: { google: { traffic_type: type } } };
      const call = pricedCall({ provider: 'google', responseModel: 'google/gemini-2.5-pro', rawUsage });
      expect(priceUsage(call).picoUsd).toBe(usd(1.25, 0.125, 10));
    },
  );
});
