import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenUsage } from '../../src/normalize/token-usage.ts';
import type { PriceCard, PriceFactor } from '../../src/pricing/price-card.ts';
import { priceUsage } from '../../src/pricing/price-usage.ts';
import { pricedCall } from './priced-call.ts';

const rate = fc.oneof(fc.nat({ max: 300_000_000 }), fc.constantFrom(0, 1, 3_625, 25_000));
const count = fc.oneof(fc.nat({ max: 2_000_000 }), fc.nat({ max: 9 }));

const rates = fc.record({
  inputPicoUsdPerToken: rate,
  outputPicoUsdPerToken: rate,
  cacheReadPicoUsdPerToken: rate,
  cacheWritePicoUsdPerToken: rate,
  reasoningPicoUsdPerToken: rate,
  audioInputPicoUsdPerToken: rate,
  audioOutputPicoUsdPerToken: rate,
  requestPicoUsd: rate,
});

/** Parts first, so that each lies inside its total. */
const parts = fc.record({
  plain: count,
  read: count,
  write: count,
  plainOut: count,
  reasoning: count,
  audioOut: count,
});

const factor: fc.Arbitrary<PriceFactor> = fc.tuple(fc.nat({ max: 1000 }), fc.integer({ min: 1, max: 1000 }));

const tokensOf = ({
  plain,
  read,
  write,
  plainOut,
  reasoning,
  audioOut,
}: typeof parts extends fc.Arbitrary<infer T> ? T : never): TokenUsage => ({
  inputTokens: plain + read + write,
  outputTokens: plainOut + reasoning + audioOut,
  cacheReadInputTokens: read,
  cacheWriteInputTokens: write,
  reasoningOutputTokens: reasoning,
  audioOutputTokens: audioOut,
});

type Rates = typeof rates extends fc.Arbitrary<infer T> ? T : never;
type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;

/** The price as schoolbook arithmetic has it, numerator only. */
const exactPicoUsd = (card: Rates, one: Parts): bigint =>
  BigInt(card.requestPicoUsd) +
  BigInt(one.plain) * BigInt(card.inputPicoUsdPerToken) +
  BigInt(one.read) * BigInt(card.cacheReadPicoUsdPerToken) +
  BigInt(one.write) * BigInt(card.cacheWritePicoUsdPerToken) +
  BigInt(one.plainOut) * BigInt(card.outputPicoUsdPerToken) +
  BigInt(one.reasoning) * BigInt(card.reasoningPicoUsdPerToken) +
  BigInt(one.audioOut) * BigInt(card.audioOutputPicoUsdPerToken);

const cost = (card: PriceCard, tokens: TokenUsage): number | undefined =>
  priceUsage(pricedCall({ tokens }), card).picoUsd;

describe('the price of a call', () => {
  it('is what BigInt arithmetic says, or unpriced beyond the safe integers', () => {
    const isChecked = { exact: false, unpriced: false };
    fc.assert(
      fc.property(rates, parts, fc.constantFrom(1, 50), (card, one, scale) => {
        const big = { ...one, plain: one.plain * scale, plainOut: one.plainOut * scale };
        const expected = exactPicoUsd(card, big);
        const isSafe = expected <= BigInt(Number.MAX_SAFE_INTEGER);
        isChecked[isSafe ? 'exact' : 'unpriced'] = true;
        expect(cost({ id: 'x', ...card }, tokensOf(big))).toBe(isSafe ? Number(expected) : undefined);
      }),
      { numRuns: 2000, seed: 6 },
    );
    expect(isChecked).toEqual({ exact: true, unpriced: true });
  });

  it('is rounded half to even, once, where a factor leaves a fraction', () => {
    fc.assert(
      fc.property(rates, parts, factor, (card, one, [numerator, denominator]) => {
        const product = exactPicoUsd(card, one) * BigInt(numerator);
        const twice = 2n * product;
        const bottom = 2n * BigInt(denominator);
        let expected = (twice + BigInt(denominator)) / bottom;
        if (twice % bottom === BigInt(denominator) && expected % 2n === 1n) expected -= 1n;
        const isSafe =
          expected <= BigInt(Number.MAX_SAFE_INTEGER) && exactPicoUsd(card, one) <= BigInt(Number.MAX_SAFE_INTEGER);
        expect(cost({ id: 'x', ...card, factor: [numerator, denominator] }, tokensOf(one))).toBe(
          isSafe ? Number(expected) : undefined,
        );
      }),
      { numRuns: 2000, seed: 6 },
    );
  });

  it.for([
    [1, [1, 2], 0],
    [3, [1, 2], 2],
    [5, [1, 2], 2],
    [7, [1, 2], 4],
    [10, [11, 10], 11],
    [5, [11, 10], 6],
    [15, [11, 10], 16],
    [0, [0, 1], 0],
  ] as const)('of %d pico-dollars times %j is %d', ([requestPicoUsd, by, expected]) => {
    expect(cost({ id: 'x', requestPicoUsd, factor: by }, {})).toBe(expected);
  });

  it('counts fractions of seconds exactly', () => {
    // $0.27 per hour is 75,000,000 pico-dollars per second, $0.111 is not a whole number of them
    expect(cost({ id: 'x', audioHourPicoUsd: 270_000_000_000 }, { audioSeconds: 0.1 })).toBe(7_500_000);
    expect(cost({ id: 'x', audioHourPicoUsd: 111_000_000_000 }, { audioSeconds: 1 })).toBe(30_833_333);
    expect(cost({ id: 'x', audioSecondPicoUsd: 3 }, { audioSeconds: 0.5 })).toBe(2);
  });
});

describe('sums of a million calls', () => {
  // Cheap and dear, so that floats would lose the cheap ones.
  const card: PriceCard = {
    id: 'x',
    inputPicoUsdPerToken: 3_625,
    cacheReadPicoUsdPerToken: 7,
    outputPicoUsdPerToken: 75_000_001,
  };
  const costs = Array.from({ length: 1_000_000 }, (_, index) =>
    cost(card, {
      inputTokens: (index * 7919) % 100_003,
      outputTokens: (index * 104_729) % 1009,
      cacheReadInputTokens: 0,
    }),
  );
  const sum = (from: number, to: number): bigint => {
    let total = 0n;
    for (let index = from; index < to; index += 1) total += BigInt(costs[index] ?? Number.NaN);
    return total;
  };

  it('do not depend on the order, nor on how they are split', () => {
    const whole = sum(0, costs.length);
    let input = 0n;
    let output = 0n;
    for (let index = 0; index < costs.length; index += 1) {
      input += BigInt((index * 7919) % 100_003);
      output += BigInt((index * 104_729) % 1009);
    }
    expect(whole).toBe(input * 3_625n + output * 75_000_001n);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: costs.length }), { maxLength: 5 }), (cuts) => {
        const borders = [0, ...cuts.toSorted((a, b) => a - b), costs.length];
        const pieces = borders.slice(1).map((to, index) => sum(borders[index] ?? 0, to));
        expect(pieces.toReversed().reduce((a, b) => a + b, 0n)).toBe(whole);
      }),
      { numRuns: 5, seed: 6 },
    );
  });
});
