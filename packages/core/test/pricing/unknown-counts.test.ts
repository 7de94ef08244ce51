import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenUsage } from '../../src/normalize/token-usage.ts';
import { priceUsage } from '../../src/pricing/price-usage.ts';
import { pricedCall } from './priced-call.ts';

describe('a call with counts nobody can price', () => {
  it.for<readonly [string, TokenUsage]>([
    ['none at all', {}],
    ['no output', { inputTokens: 5 }],
    ['no input', { outputTokens: 5 }],
    ['more cached than input', { inputTokens: 5, outputTokens: 1, cacheReadInputTokens: 6 }],
    [
      'more cached and written than input',
      { inputTokens: 5, outputTokens: 1, cacheReadInputTokens: 3, cacheWriteInputTokens: 3 },
    ],
    ['more reasoning than output', { inputTokens: 5, outputTokens: 1, reasoningOutputTokens: 2 }],
    ['a negative count', { inputTokens: -5, outputTokens: 1 }],
    ['a negative part', { inputTokens: 5, outputTokens: 1, cacheReadInputTokens: -1 }],
    ['a fraction', { inputTokens: 5.5, outputTokens: 1 }],
    ['no number', { inputTokens: Number.NaN, outputTokens: 1 }],
    ['a count beyond the safe integers', { inputTokens: 2 ** 53, outputTokens: 1 }],
    ['a cost beyond the safe integers', { inputTokens: 40_000_000_000, outputTokens: 1 }],
  ])('is unpriced, not free: %s', ([, tokens]) => {
    expect(priceUsage(pricedCall({ tokens }))).toEqual({ basis: 'unpriced' });
  });

  it('is unpriced where its instant is no date', () => {
    expect(priceUsage(pricedCall({ startedAt: new Date(Number.NaN), responseModel: 'gpt-5.6-terra' }))).toEqual({
      basis: 'unpriced',
    });
  });
});

describe('whatever providers send', () => {
  it('a call costs a safe integer or is unpriced, and pricing it throws nothing', () => {
    const count = fc.option(fc.oneof(fc.nat(), fc.maxSafeInteger(), fc.double()), { nil: undefined });
    const names = ['inputTokens', 'outputTokens', 'cacheReadInputTokens', 'cacheWriteInputTokens', 'audioSeconds'];
    const details = fc.dictionary(fc.constantFrom('image_tokens', 'cached_tokens_details'), fc.anything());
    const usageKey = fc.constantFrom('cost', 'total_cost', 'cost_in_usd_ticks', 'speed', 'cache_creation');
    const call = fc.record({
      provider: fc.constantFrom('openai', 'anthropic', 'google', 'azure', 'openrouter', '#', 'constructor'),
      responseModel: fc.oneof(
        fc.constantFrom('gpt-5-mini', 'gpt-image-1.5', 'whisper-1', 'claude-opus-5'),
        fc.string(),
      ),
      serviceTier: fc.oneof(fc.constantFrom('default', 'flex', 'batch', '__proto__'), fc.string()),
      startedAt: fc.date({ noInvalidDate: false }),
      tokens: fc.dictionary(fc.constantFrom(...names), count),
      rawUsage: fc.oneof(
        fc.anything(),
        fc.dictionary(usageKey, fc.anything()),
        fc.record({ input_tokens_details: details, output_tokens_details: details }),
      ),
    });
    fc.assert(
      fc.property(call, (one) => {
        const { picoUsd, basis } = priceUsage(one);
        expect(
          basis === 'unpriced' ? picoUsd === undefined : Number.isSafeInteger(picoUsd) && Number(picoUsd) >= 0,
        ).toBe(true);
      }),
      { numRuns: 5000, seed: 6 },
    );
  });
});

describe('a count that does not matter', () => {
  it('may be missing: an embedding has no output', () => {
    const call = pricedCall({ responseModel: 'text-embedding-3-small', tokens: { inputTokens: 1000 } });
    expect(priceUsage(call).picoUsd).toBe(20_000_000);
    expect(priceUsage({ ...call, tokens: { inputTokens: 1000, outputTokens: 1 } })).toEqual({ basis: 'unpriced' });
  });

  it('may be missing: transcription by duration has no tokens', () => {
    const call = pricedCall({ responseModel: 'whisper-1', tokens: { audioSeconds: 12.5 } });
    expect(priceUsage(call).picoUsd).toBe(12.5 * 100_000_000); // $0.006 per minute
    expect(priceUsage({ ...call, tokens: {} })).toEqual({ basis: 'unpriced' });
  });

  it('may be there: a transcription charged by its length has tokens as well', () => {
    const tokens = {
      inputTokens: 2629,
      outputTokens: 635,
      totalTokens: 3264,
      audioInputTokens: 2625,
      audioSeconds: 203,
    };
    const call = pricedCall({ provider: 'mistral', responseModel: 'voxtral-mini-2602', tokens });
    expect(priceUsage(call).picoUsd).toBe(10_150_000_000); // $0.003 per minute
    const { audioSeconds: _, ...silent } = tokens;
    expect(priceUsage({ ...call, tokens: silent })).toEqual({ basis: 'unpriced' });
    // A chat model has a price per token too, and none for audio.
    expect(priceUsage({ ...call, responseModel: 'voxtral-small-2507' })).toEqual({ basis: 'unpriced' });
  });

  it('may be missing: moderation is free', () => {
    expect(priceUsage(pricedCall({ responseModel: 'omni-moderation-latest', tokens: {} }))).toMatchObject({
      picoUsd: 0,
      basis: 'card',
    });
  });
});

describe('parts only the raw usage tells', () => {
  it('are cached audio: needed where the price depends on it', () => {
    const tokens = { inputTokens: 1000, outputTokens: 0, cacheReadInputTokens: 400, audioInputTokens: 300 };
    const call = pricedCall({ provider: 'google', responseModel: 'gemini-2.5-flash', tokens });
    expect(priceUsage(call)).toEqual({ basis: 'unpriced' });
    const rawUsage = { prompt_tokens_details: { cached_tokens_details: { audio_tokens: 100 } } };
    // text 0.30, cached text 0.03, audio 1.00, cached audio 0.10
    const picoUsd = (400 * 0.3 + 300 * 0.03 + 200 * 1 + 100 * 0.1) * 1e6;
    expect(priceUsage({ ...call, rawUsage }).picoUsd).toBe(picoUsd);
  });

  it('are cached audio: not needed where all input is audio', () => {
    const tokens = { inputTokens: 300, outputTokens: 0, cacheReadInputTokens: 100, audioInputTokens: 300 };
    const call = pricedCall({ provider: 'google', responseModel: 'gemini-2.5-flash', tokens });
    expect(priceUsage(call).picoUsd).toBe((200 * 1 + 100 * 0.1) * 1e6);
  });

  it('are images: an image model is unpriced without their number', () => {
    const tokens = { inputTokens: 500, outputTokens: 1000 };
    const call = pricedCall({ responseModel: 'gpt-image-1.5', operation: 'images', tokens });
    expect(priceUsage(call)).toEqual({ basis: 'unpriced' });
    const rawUsage = {
      input_tokens_details: { image_tokens: 400, text_tokens: 100 },
      output_tokens_details: { image_tokens: 900, text_tokens: 100 },
    };
    expect(priceUsage({ ...call, rawUsage }).picoUsd).toBe((100 * 5 + 400 * 8 + 900 * 32 + 100 * 10) * 1e6);
  });

  it('are cache writes for an hour, at twice the input price', () => {
    const tokens = { inputTokens: 1000, outputTokens: 0, cacheWriteInputTokens: 600 };
    const rawUsage = { cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 400 } };
    const call = pricedCall({ provider: 'anthropic', responseModel: 'claude-opus-5', tokens, rawUsage });
    expect(priceUsage(call).picoUsd).toBe((400 * 5 + 200 * 6.25 + 400 * 10) * 1e6);
    const ofLitellm = { prompt_tokens_details: { cache_creation_token_details: { ephemeral_1h_input_tokens: 400 } } };
    expect(priceUsage({ ...call, rawUsage: ofLitellm }).picoUsd).toBe((400 * 5 + 200 * 6.25 + 400 * 10) * 1e6);
    const contradiction = { cache_creation: { ephemeral_1h_input_tokens: 601 } };
    expect(priceUsage({ ...call, rawUsage: contradiction })).toEqual({ basis: 'unpriced' });
  });

  it('are what a realtime response read from the cache, under the name with one token', () => {
    const tokens = {
      inputTokens: 132,
      outputTokens: 121,
      cacheReadInputTokens: 64,
      audioInputTokens: 13,
      audioOutputTokens: 91,
    };
    const call = pricedCall({ responseModel: 'gpt-realtime', operation: 'realtime', tokens });
    const cached = { cached_tokens: 64, cached_tokens_details: { text_tokens: 64, audio_tokens: 0 } };
    const picoUsd = (55 * 4 + 64 * 0.4 + 13 * 32 + 30 * 16 + 91 * 64) * 1e6;
    for (const images of [{ image_tokens: 0 }, {}]) {
      const rawUsage = { input_token_details: { text_tokens: 119, audio_tokens: 13, ...images, ...cached } };
      expect(priceUsage({ ...call, rawUsage }).picoUsd).toBe(picoUsd);
    }
    // Eight tokens are neither text nor audio.
    const rawUsage = { input_token_details: { text_tokens: 111, audio_tokens: 13, ...cached } };
    expect(priceUsage({ ...call, rawUsage })).toEqual({ basis: 'unpriced' });
  });

  it('are cache writes for 12 hours, at twice the price of others', () => {
    const tokens = { inputTokens: 1000, outputTokens: 10, cacheReadInputTokens: 0, cacheWriteInputTokens: 800 };
    const usage = (longer: number): object => ({
      input_tokens_details: { cache_write_tokens_details: { ttl_30m_tokens: 800 - longer, ttl_12h_tokens: longer } },
    });
    const call = pricedCall({ responseModel: 'gpt-6-sol', operation: 'responses', tokens });
    expect(priceUsage({ ...call, rawUsage: usage(0) }).picoUsd).toBe((200 * 2 + 800 * 2.5 + 10 * 10) * 1e6);
    expect(priceUsage({ ...call, rawUsage: usage(500) }).picoUsd).toBe((200 * 2 + 300 * 2.5 + 500 * 5 + 10 * 10) * 1e6);
    expect(priceUsage({ ...call, rawUsage: usage(900) })).toEqual({ basis: 'unpriced' });
  });
});
