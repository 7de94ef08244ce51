import type { PriceRates } from './price-rates.ts';

/** Two integers, numerator and denominator, from 0 and from 1: `[1, 2]` is half the price, `[11, 10]` a tenth more. */
export type PriceFactor = readonly [numerator: number, denominator: number];

/** Rates for calls with a long input: they hold for the whole call, not only for what is beyond. */
export interface LongContextRates extends PriceRates {
  /** Calls with more input tokens than this. */
  readonly aboveInputTokens: number;
}

/** Rates at some hours of the day, in UTC. */
export interface DayWindow extends PriceRates {
  /** Minute of the day, inclusive, from 0. */
  readonly fromMinute: number;
  /** Minute of the day, exclusive, up to 1440; after `fromMinute`. */
  readonly toMinute: number;
  /** Days of the week in UTC, 0 is Sunday. Default: all. */
  readonly weekdays?: readonly number[];
}

/** The price of a model during one stretch of time. */
export interface PricePeriod extends PriceRates {
  /** From this instant on. Default: since ever. */
  readonly from?: Date;
  /** Until before this instant. Default: for good. */
  readonly to?: Date;
  /** Rates by length of the input, ascending. They replace those of the period. Default: none. */
  readonly longContext?: readonly LongContextRates[];
  /** Rates by time of day; they replace those of the period, and may not overlap. Default: none. */
  readonly windows?: readonly DayWindow[];
  /**
   * What other service tiers cost, by the name the provider serves them under: a factor on everything, or rates that
   * replace those of the period. A tier that is not listed makes a call `unpriced`. Default: none.
   */
  readonly serviceTiers?: { readonly [tier: string]: PriceFactor | PriceRates };
  /** On everything, for example a region's surcharge. Default `[1, 1]`. */
  readonly factor?: PriceFactor;
}

/**
 * A price of one's own for `priceUsage`: what a customer pays, or what a contract says. Treat it as frozen.
 *
 * Either rates on the card itself, or `periods` in order of time without gap or overlap.
 *
 * @example
 * ```ts
 * const card: PriceCard = { id: 'plan-pro', version: '2026-12-01', inputPicoUsdPerToken: 3_000_000, outputPicoUsdPerToken: 15_000_000 };
 * ```
 */
export interface PriceCard extends PricePeriod {
  /** Goes into `Cost.cardId`. */
  readonly id: string;
  /** Goes into `Cost.priceVersion`. Default: none. */
  readonly version?: string;
  /** Prices over time, instead of rates on the card. */
  readonly periods?: readonly PricePeriod[];
}
