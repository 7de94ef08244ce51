import type { PriceFactor, PricePeriod } from './price-card.ts';
import type { PriceCards } from './book/price-cards.ts';

/**
 * Your own prices, which take precedence over the shipped ones.
 *
 * @example
 * ```ts
 * const prices: PriceOptions = {
 *   overrides: [{ model: 'house-model', inputPicoUsdPerToken: 250_000, outputPicoUsdPerToken: 2_000_000 }],
 *   factors: [{ provider: 'azure', factor: [11, 10] }], // data-zone deployments
 *   providers: { 'llm.example.com': 'openai' }, // a proxy in front of OpenAI
 * };
 * ```
 */
export interface PriceOptions {
  /**
   * Prices by model. One with a provider takes precedence over one without. Several for one model are its periods, without gap or
   * overlap; before the first and after the last, the shipped price applies. Default: none.
   */
  readonly overrides?: readonly PriceOverride[];
  /** Surcharges and discounts on the shipped prices; all that apply are multiplied. Default: none. */
  readonly factors?: readonly PriceAdjustment[];
  /**
   * Which provider's prices apply to a provider without a price list, by the name that records have: for hosts that the meter does not
   * know, the host name. `gateway`: its models are named `vendor/model`, as on OpenRouter. A name without prices is refused. Default:
   * none; such calls are `unpriced`.
   */
  readonly providers?: { readonly [provider: string]: string };
  /**
   * Compiled prices newer than the shipped ones, or a function that returns them. The function is called for every record, and
   * should return the same object until there are newer prices. Default: the shipped prices.
   */
  readonly cards?: PriceCards | (() => PriceCards);
}

/** The price of one model, set by the app. */
export interface PriceOverride extends PricePeriod {
  /** The model's full name, as requested or as answered, or that name without the date at its end. */
  readonly model: string;
  /** Only for calls to this provider. Default: any. */
  readonly provider?: string;
}

/** A factor applied to shipped prices. */
export interface PriceAdjustment {
  /** Only for calls to this provider. Default: any. */
  readonly provider?: string;
  /** Only for this model: the name of the model that answered, in full or without the date at its end. Default: any. */
  readonly model?: string;
  /** Inclusive start. Default: no start. */
  readonly from?: Date;
  /** Exclusive end. Default: no end. */
  readonly to?: Date;
  /** Integers: `[11, 10]` is ten percent more. */
  readonly factor: PriceFactor;
}
