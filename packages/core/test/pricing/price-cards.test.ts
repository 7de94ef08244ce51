import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { compilePrices } from '../../scripts/compile-prices.ts';
import { priceCorrections, serviceTierCorrections } from '../../scripts/price-corrections.ts';
import { priceCardsModule } from '../../scripts/price-cards-module.ts';
import { priceDiff } from '../../scripts/price-diff.ts';
import { priceCards } from '../../src/pricing/book/price-cards.ts';
import { priceUsage } from '../../src/pricing/price-usage.ts';
import { pricedCall } from './priced-call.ts';

const packageFile = new URL('../package.json', import.meta.resolve('@pydantic/genai-prices'));
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string };
const licence = readFileSync(new URL('LICENSE', packageFile), 'utf8');
const moduleFile = new URL('../../src/pricing/book/price-cards.ts', import.meta.url);

interface ListedCard {
  readonly provider: string;
  readonly id: string;
  readonly name: string;
}

const corrected = new Set(priceCorrections.map(({ card }) => card));
const listed: readonly ListedCard[] = priceCards.text.split('\n#').flatMap((section) => {
  const [head = '', ...lines] = section.split('\n');
  const provider = head.replace('#', '');
  return lines.map((line) => {
    const names = line.slice(0, line.indexOf('|')).split(',');
    const id = (names[0] ?? '').replace('!', '');
    return { provider, id, name: names.find((name) => !name.endsWith('!')) ?? '' };
  });
});

describe('the shipped cards', () => {
  it('are what the installed source compiles to: else run `npm run prices:update`', () => {
    expect(priceCardsModule(compilePrices(version).cards, licence)).toBe(readFileSync(moduleFile, 'utf8'));
  });

  it('carry their source, its licence and their date', () => {
    expect(priceCards.source).toContain(`@pydantic/genai-prices ${version} (MIT, Copyright (c) Pydantic Services Inc.`);
    expect(priceCards.version).toMatch(/^20\d\d-\d\d-\d\d \(genai-prices /);
  });

  it('take at most 10 KB compressed', () => {
    expect(gzipSync(priceCards.text).length).toBeLessThanOrEqual(10_000);
    expect(listed.length).toBeGreaterThan(400);
  });

  it('give a call through OpenRouter the price OpenRouter lists, where it is not the one the vendor asks', () => {
    const models = findProvider({ providerId: 'openrouter' })?.models ?? [];
    const startedAt = new Date('2026-11-29T12:00:00Z');
    const usages = [
      { inputTokens: 1_000, outputTokens: 0 },
      { inputTokens: 0, outputTokens: 1_000 },
    ];
    let compared = 0;
    const differences = models.flatMap(({ id }) =>
      usages.flatMap((tokens) => {
        const ours = priceUsage(pricedCall({ provider: 'openrouter', responseModel: id, startedAt, tokens })).picoUsd;
        const { inputTokens: input_tokens, outputTokens: output_tokens } = tokens;
        const theirs = calcPrice({ input_tokens, output_tokens }, id, {
          providerId: 'openrouter',
          timestamp: startedAt,
        });
        if (ours === undefined || theirs === null) return [];
        compared += 1;
        return Math.round(theirs.total_price * 1e12) === ours ? [] : [`${id}: ${ours}, listed ${theirs.total_price}`];
      }),
    );
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });

  const usages = [
    { inputTokens: 20_000, outputTokens: 3_000, cacheReadInputTokens: 12_000, cacheWriteInputTokens: 2_000 },
    { inputTokens: 300_000, outputTokens: 3_000, cacheReadInputTokens: 100_000 },
    { inputTokens: 7, outputTokens: 0 },
  ];
  const instants = ['2026-01-15T12:00:00Z', '2026-07-12T12:00:00Z', '2026-11-22T12:00:00Z', '2027-01-02T12:00:00Z'];

  it('agree with the arithmetic of the source wherever they are not corrected', () => {
    const differences: string[] = [];
    let compared = 0;
    for (const { provider, id, name } of listed) {
      const source = findProvider({ providerId: provider });
      if (corrected.has(`${provider}/${id}`) || source === undefined) continue;
      for (const tokens of usages) {
        for (const instant of instants) {
          const startedAt = new Date(instant);
          const { picoUsd } = priceUsage(pricedCall({ provider, responseModel: name, startedAt, tokens }));
          const usage = {
            input_tokens: tokens.inputTokens,
            output_tokens: tokens.outputTokens,
            cache_read_tokens: tokens.cacheReadInputTokens ?? 0,
            cache_write_tokens: tokens.cacheWriteInputTokens ?? 0,
          };
          const theirs = calcPrice(usage, name, { provider: source, timestamp: startedAt });
          if (picoUsd === undefined || theirs === null) continue;
          compared += 1;
          const difference = Math.abs(picoUsd / 1e12 - theirs.total_price);
          if (difference > 1e-9 * theirs.total_price + 1e-12) differences.push(`${provider}/${id} at ${instant}`);
        }
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(4000);
  });

  it('are each found by their name, and corrections by their card', () => {
    const rawUsage = { input_tokens_details: { image_tokens: 0 } };
    const cardOf = (provider: string, responseModel: string): string | undefined =>
      priceUsage(
        pricedCall({ provider, responseModel, tokens: { inputTokens: 0, outputTokens: 0, audioSeconds: 0 }, rawUsage }),
      ).cardId;
    const lost = listed.filter(({ provider, id, name }) => cardOf(provider, name) !== `${provider}/${id}`);
    expect(lost).toEqual([]);
    const ids = new Set(listed.map(({ provider, id }) => `${provider}/${id}`));
    const kept = priceCorrections.filter(({ prices }) => prices !== undefined).map(({ card }) => card);
    const tiers = serviceTierCorrections.flatMap(({ provider, cards }) =>
      cards === 'all' ? [] : cards.split(' ').map((id) => `${provider}/${id}`),
    );
    expect([...kept, ...tiers].filter((card) => !ids.has(card))).toEqual([]);
  });
});

describe('a diff of cards', () => {
  it('names what came, went and changed', () => {
    const before = '#openai\na|i1\nb,b-latest|i2\nc|i3\n#x\na|i1';
    const after = '#openai\na|i1\nb,b-latest|i4\nd|i3\n#x\na|i1';
    expect(priceDiff(before, after)).toEqual([
      '~ openai/b ,b-latest|i2 => ,b-latest|i4',
      '- openai/c |i3',
      '+ openai/d |i3',
    ]);
    expect(priceDiff(before, before)).toEqual([]);
  });
});
