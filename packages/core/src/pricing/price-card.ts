import type { PriceRates } from './price-rates.ts';

/** Numerator (integer, 0 or more) and denominator (1 or more): `[1, 2]` is half the price, `[11, 10]` ten percent more. */
export type PriceFactor = readonly [numerator: number, denominator: number];

/** Rates for calls with a long input. They apply to the whole call, not only to the tokens above the limit. */
export interface LongContextRates extends PriceRates {
  /** Calls with more input tokens than this. */
  readonly aboveInputTokens: number;
}

/** Rates at certain hours of the day, in UTC. */
export interface DayWindow extends PriceRates {
  /** Minute of the day, inclusive, 0 or more. */
  readonly fromMinute: number;
  /** Minute of the day, exclusive, up to 1440; after `fromMinute`. */
  readonly toMinute: number;
  /** Days of the week in UTC, 0 is Sunday. Default: all. */
  readonly weekdays?: readonly number[];
}

/** The price of a model during one period of time. */
export interface PricePeriod extends PriceRates {
  /** Inclusive start. Default: no start. */
  readonly from?: Date;
  /** Exclusive end. Default: no end. */
  readonly to?: Date;
  /** Rates by length of the input, ascending. They replace the rates of the period. Default: none. */
  readonly longContext?: readonly LongContextRates[];
  /** Rates by time of day. They replace the rates of the period and may not overlap. Default: none. */
  readonly windows?: readonly DayWindow[];
  /**
   * Prices of other service tiers, by the provider's name for the tier: a factor on everything, or rates that replace those of the
   * period. A tier that is not listed makes a call `unpriced`. Default: none.
   */
  readonly serviceTiers?: { readonly [tier: string]: PriceFactor | PriceRates };
  /** A factor on everything, for example a regional surcharge. Default `[1, 1]`. */
  readonly factor?: PriceFactor;
}

/**
 * Your own prices for `priceUsage`, such as what a customer pays or what a contract says. Do not modify a card in use.
 *
 * Has either rates on the card itself, or `periods` in chronological order without gap or overlap.
 *
 * @example
 * ```ts
 * const card: PriceCard = { id: 'plan-pro', version: '2026-12-01', inputPicoUsdPerToken: 3_000_000, outputPicoUsdPerToken: 15_000_000 };
 * ```
 */
export interface PriceCard extends PricePeriod {
  /** Becomes `Cost.cardId`. */
  readonly id: string;
  /** Becomes `Cost.priceVersion`. Default: none. */
  readonly version?: string;
  /** Prices over time, instead of rates on the card. */
  readonly periods?: readonly PricePeriod[];
}
