import type { PriceFactor, PricePeriod } from './price-card.ts';
import type { PriceCards } from './price-cards.ts';

/**
 * Prices of the app's own, which go before the shipped ones.
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
   * Prices by model. One with a provider goes before one without; several of one model are its periods, without gap or
   * overlap. Before the first and after the last the shipped price holds. Default: none.
   */
  readonly overrides?: readonly PriceOverride[];
  /** Surcharges and discounts on the shipped prices; all that apply are multiplied. Default: none. */
  readonly factors?: readonly PriceAdjustment[];
  /**
   * Whose prices hold for a provider the meter knows only by its host name. `gateway`: models are named
   * `vendor/model`, as on OpenRouter. A name without prices is refused. Default: none, such calls are `unpriced`.
   */
  readonly providers?: { readonly [provider: string]: string };
  /**
   * Newer compiled prices than the shipped ones, or a function that returns them. The function is called for every
   * record: it returns the same object until there is a newer one. Default: the shipped prices.
   */
  readonly cards?: PriceCards | (() => PriceCards);
}

/** The price of a model as the app says it is. */
export interface PriceOverride extends PricePeriod {
  /** As asked for or as answered, in full or without the date at its end. */
  readonly model: string;
  /** Only for calls to this provider. Default: any. */
  readonly provider?: string;
}

/** A factor on shipped prices. */
export interface PriceAdjustment {
  /** Only for calls to this provider. Default: any. */
  readonly provider?: string;
  /** Only for this model, as answered, in full or without the date at its end. Default: any. */
  readonly model?: string;
  /** From this instant on. Default: since ever. */
  readonly from?: Date;
  /** Until before this instant. Default: for good. */
  readonly to?: Date;
  /** Integers: `[11, 10]` is a tenth more. */
  readonly factor: PriceFactor;
}
