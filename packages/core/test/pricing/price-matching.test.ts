import { describe, expect, it } from 'vitest';
import { createPricer } from '../../src/pricing/pricer.ts';
import { priceUsage } from '../../src/pricing/price-usage.ts';
import { pricedCall } from './priced-call.ts';

const cardOf = (provider: string, responseModel: string): string | undefined =>
  priceUsage(pricedCall({ provider, responseModel })).cardId;

describe('the card of a model', () => {
  it.for([
    ['openai', 'gpt-5-mini-2025-08-07', 'openai/gpt-5-mini'],
    ['openai', 'GPT-5-Mini', 'openai/gpt-5-mini'],
    ['openai', 'gpt-5.6-terra-2026-07-09', 'openai/gpt-5.6-terra'],
    // a dated model with a card of its own
    ['openai', 'gpt-4o-2024-05-13', 'openai/gpt-4o-2024-05-13'],
    ['anthropic', 'claude-opus-5-20260601', 'anthropic/claude-opus-5'],
    ['anthropic', 'claude-sonnet-4@20250514', 'anthropic/claude-sonnet-4-0'],
    ['google', 'models/gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['azure', 'gpt-4o-2024-08-06', 'openai/gpt-4o'],
    ['openrouter', 'openai/gpt-5-mini', 'openai/gpt-5-mini'],
    ['openrouter', 'x-ai/grok-4.3', 'x-ai/grok-4.3'],
    ['vercel', 'xai/grok-4.3', 'x-ai/grok-4.3'],
  ])('of %s called %s is %s', ([provider = '', model = '', card]) => {
    expect(cardOf(provider, model)).toBe(card);
  });

  it.for([
    ['openai', 'gpt-5-mini-turbo'],
    ['openai', 'gpt-5-mini-2025-13-07'],
    ['openai', 'gpt-5'.slice(0, 4)],
    ['openai', 'openai/gpt-5-mini'],
    ['openai', 'ft:gpt-4o-mini-2024-07-18:acme::abc'],
    ['openai', 'gpt-5,gpt-5-chat'],
    ['openai', ''],
    ['openai', '__proto__'],
    ['anthropic', 'claude-sonnet-5-9'],
    ['llm.example.com', 'gpt-5-mini'],
    ['', 'gpt-5-mini'],
    ['openai\ngpt-5', 'gpt-5-mini'],
    ['openrouter', 'openai/gpt-5-mini:free'],
    // open models cost something else at every host
    ['openrouter', 'deepseek/deepseek-v4-pro'],
    ['vercel', 'openai/gpt-oss-120b'],
    ['cloudflare', 'openai/gpt-oss-20b'],
    ['vercel', 'google/gemma-2-27b-it'],
    ['azure', 'gpt-oss-20b'],
    // charged by more than tokens
    ['openai', 'gpt-4o-mini-search-preview'],
    ['openai', 'gpt-4o-mini-search-preview-2025-03-11'],
    ['perplexity', 'sonar-pro-search'],
    ['vercel', 'openai/gpt-5-image'],
    // a name that moves on to the next model
    ['x-ai', 'grok-latest'],
  ])('of %s called %s is not guessed', ([provider = '', model = '']) => {
    expect(priceUsage(pricedCall({ provider, responseModel: model }))).toEqual({ basis: 'unpriced' });
  });

  it('follows the model that answered, not the one asked for', () => {
    expect(priceUsage(pricedCall({ requestModel: 'gpt-5', responseModel: 'gpt-4o' })).cardId).toBe('openai/gpt-4o');
    expect(priceUsage(pricedCall({ requestModel: 'gpt-5', responseModel: 'gpt-next' }))).toEqual({ basis: 'unpriced' });
  });

  it('follows the model asked for where the answer names none', () => {
    const { responseModel: _, ...call } = pricedCall({ requestModel: 'gpt-5-mini' });
    expect(priceUsage(call).cardId).toBe('openai/gpt-5-mini');
    const { requestModel: __, ...nameless } = call;
    expect(priceUsage(nameless)).toEqual({ basis: 'unpriced' });
  });

  it('stays right when ten thousand other names came by', () => {
    const price = createPricer();
    for (let index = 0; index < 10_000; index += 1) price(pricedCall({ responseModel: `model-${index}` }));
    expect(price(pricedCall()).cardId).toBe('openai/gpt-5-mini');
  });
});
