import { describe, expect, it } from 'vitest';
import { isMeterError } from '../../src/errors.ts';
import type { PriceCard } from '../../src/pricing/price-card.ts';
import type { PriceOptions } from '../../src/pricing/price-options.ts';
import { createPricer } from '../../src/pricing/pricer.ts';
import { priceUsage } from '../../src/pricing/price-usage.ts';
import { pricedCall } from './priced-call.ts';

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return isMeterError(error) && error.code === 'invalid_options' ? error.message : `another error: ${String(error)}`;
  }
  return 'no error';
};

const rates = { inputPicoUsdPerToken: 1, outputPicoUsdPerToken: 2 };
const one = { model: 'm', ...rates };
const day = (text: string): Date => new Date(`2026-${text}T00:00:00Z`);

describe('wrong price options', () => {
  it.for<readonly [unknown, string]>([
    [null, 'prices must be an object'],
    [{ override: [] }, 'prices.override is unknown'],
    [{ overrides: {} }, 'prices.overrides must be an array'],
    [{ overrides: [rates] }, 'prices.overrides[0].model must be a non-empty string'],
    [{ overrides: [{ model: 'm' }] }, 'prices.overrides[0] has no rate'],
    [
      { overrides: [one, { ...one, model: 'n', outputPicoUsdPerToken: -1 }] },
      'prices.overrides[1].outputPicoUsdPerToken must be an integer',
    ],
    [
      { overrides: [{ ...one, inputPicoUsdPerToken: Number.NaN }] },
      'prices.overrides[0].inputPicoUsdPerToken must be an integer',
    ],
    [
      { overrides: [{ ...one, inputPicoUsdPerToken: 0.25 }] },
      'prices.overrides[0].inputPicoUsdPerToken must be an integer',
    ],
    [
      { overrides: [{ ...one, inputPicoUsdPerToken: 2 ** 53 }] },
      'prices.overrides[0].inputPicoUsdPerToken must be an integer',
    ],
    [
      { overrides: [{ ...one, inputPicoUsdPerToken: '1' }] },
      'prices.overrides[0].inputPicoUsdPerToken must be an integer',
    ],
    [{ overrides: [{ ...one, cachedPicoUsdPerToken: 1 }] }, 'prices.overrides[0].cachedPicoUsdPerToken is unknown'],
    [
      { overrides: [{ ...one, audioSecondPicoUsd: 1, audioHourPicoUsd: 1 }] },
      'prices.overrides[0].audioHourPicoUsd cannot be combined',
    ],
    [{ overrides: [{ ...one, from: '2026-01-01' }] }, 'prices.overrides[0].from must be a valid Date'],
    [
      { overrides: [{ ...one, from: day('02-01'), to: day('02-01') }] },
      'prices.overrides[0].to must be later than from',
    ],
    [{ overrides: [one, one] }, 'prices.overrides[1].from overlaps'],
    [
      {
        overrides: [
          { ...one, from: day('02-01') },
          { ...one, to: day('02-02') },
        ],
      },
      'overlaps',
    ],
    [
      {
        overrides: [
          { ...one, to: day('02-01') },
          { ...one, from: day('02-02') },
        ],
      },
      'prices.overrides[1].from leaves a gap',
    ],
    [{ overrides: [{ ...one, factor: [1, 0] }] }, 'prices.overrides[0].factor must be a pair'],
    [{ overrides: [{ ...one, factor: [1.1, 1] }] }, 'prices.overrides[0].factor must be a pair'],
    [
      { overrides: [{ ...one, longContext: [{ ...rates, aboveInputTokens: -1 }] }] },
      'longContext[0].aboveInputTokens must be an integer',
    ],
    [
      {
        overrides: [
          {
            ...one,
            longContext: [
              { ...rates, aboveInputTokens: 9 },
              { ...rates, aboveInputTokens: 9 },
            ],
          },
        ],
      },
      'longContext[1].aboveInputTokens must be above',
    ],
    [
      { overrides: [{ ...one, longContext: [{ inputPicoUsdPerToken: 1, aboveInputTokens: 9 }] }] },
      'longContext[0].outputPicoUsdPerToken is missing, but the rates these replace have it',
    ],
    [
      { overrides: [{ ...one, windows: [{ ...rates, fromMinute: 60, toMinute: 60 }] }] },
      'windows[0].toMinute must be an integer above fromMinute',
    ],
    [
      {
        overrides: [
          {
            ...one,
            windows: [
              { ...rates, fromMinute: 0, toMinute: 60 },
              { ...rates, fromMinute: 59, toMinute: 61, weekdays: [6] },
            ],
          },
        ],
      },
      'windows[1] overlaps',
    ],
    [
      { overrides: [{ ...one, windows: [{ ...rates, fromMinute: 0, toMinute: 60, weekdays: [7] }] }] },
      'windows[0].weekdays must be an array of integers',
    ],
    [{ overrides: [{ ...one, windows: [], longContext: [] }] }, 'no error'],
    [{ overrides: [{ ...one, serviceTiers: { flex: [1] } }] }, 'serviceTiers.flex must be a pair'],
    [
      { overrides: [{ ...one, serviceTiers: { flex: { inputPicoUsdPerToken: 1 } } }] },
      'serviceTiers.flex.outputPicoUsdPerToken is missing',
    ],
    [{ factors: [{ provider: 'openai' }] }, 'prices.factors[0].factor must be a pair'],
    [{ factors: [{ factor: [1, 2], provider: 3 }] }, 'prices.factors[0].provider must be a non-empty string'],
    [{ factors: [{ factor: [1, 2], region: 'eu' }] }, 'prices.factors[0].region is unknown'],
    [{ providers: [] }, 'prices.providers must be an object'],
    [{ providers: { host: 3 } }, 'prices.providers.host has no price list'],
    [{ providers: { host: undefined } }, 'prices.providers.host has no price list'],
    [{ providers: { host: '' } }, 'prices.providers.host has no price list'],
    [
      { providers: { good: 'openai', 'llm.example.com': 'OpenAI' } },
      'prices.providers.llm.example.com has no price list',
    ],
    [{ providers: { good: 'gateway', host: 'gpt-5' } }, 'prices.providers.host has no price list'],
    [{ providers: { host: 'openai' }, cards: { version: '1', source: 's', text: '#acme\nm|i1' } }, 'has no price list'],
    [{ cards: {} }, 'prices.cards.version must be a non-empty string'],
    [{ cards: { version: '1', source: 's', text: 'x' } }, 'prices.cards.text is malformed: line 1'],
    [
      { cards: { version: '1', source: 's', text: '#openai\ngpt|i1z2' } },
      'prices.cards.text is malformed: line 2, unknown rate "z"',
    ],
    [
      { cards: { version: '1', source: 's', text: '#openai\ngpt|i.0000001' } },
      'line 2, not a whole number of pico-USD',
    ],
    [{ cards: { version: '1', source: 's', text: '#openai\ngpt|i1*flex:1' } }, 'line 2, malformed number'],
    [
      { cards: { version: '1', source: 's', text: '#openai\ngpt|2026-02-01i1;2026-01-01i2' } },
      'line 2, "2026-01-01" is out of order',
    ],
    [{ cards: () => ({}) }, 'prices.cards().version must be a non-empty string'],
  ])('%j are refused: %s', ([options, message]) => {
    expect(messageOf(() => createPricer(options as PriceOptions))).toContain(message);
  });
});

describe('a wrong card', () => {
  const period = { ...rates };
  it.for<readonly [unknown, string]>([
    [{ ...rates }, 'priceUsage: card.id must be a non-empty string'],
    [{ id: 'x' }, 'priceUsage: card has no rate'],
    [{ id: 'x', ...rates, version: 3 }, 'priceUsage: card.version must be a string'],
    [
      { id: 'x', ...rates, periods: [period] },
      'priceUsage: card.inputPicoUsdPerToken must be set in each of the periods',
    ],
    [{ id: 'x', periods: [] }, 'priceUsage: card.periods must be a non-empty array'],
    [
      {
        id: 'x',
        periods: [
          { ...period, to: day('02-01') },
          { ...period, from: day('02-02') },
        ],
      },
      'priceUsage: card.periods[1].from leaves a gap',
    ],
    [
      {
        id: 'x',
        periods: [
          { ...period, to: day('02-02') },
          { ...period, from: day('02-01') },
        ],
      },
      'priceUsage: card.periods[1].from overlaps',
    ],
    [
      {
        id: 'x',
        periods: [
          { ...period, from: day('02-02') },
          { ...period, to: day('02-02') },
        ],
      },
      'priceUsage: card.periods[1].from overlaps',
    ],
  ])('%j is refused: %s', ([card, message]) => {
    expect(messageOf(() => priceUsage(pricedCall(), card as PriceCard))).toContain(message);
  });
});
