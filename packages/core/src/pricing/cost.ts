/**
 * What one call cost, in integer pico-dollars (1e-12 USD), and where the figure comes from.
 *
 * @example
 * ```ts
 * const cost: Cost = { picoUsd: 8_300_000_000, basis: 'card', cardId: 'openai/gpt-5-mini', priceVersion: '2026-11-22' }; // $0.0083
 * ```
 */
export interface Cost {
  /** Integer pico-USD, safe up to $9,007 per record. Absent if `basis` is `unpriced`. */
  readonly picoUsd?: number;
  /**
   * `provider`: the provider reported what it charges (OpenRouter's `usage.cost`; if you use your own provider key there, that is
   * only its fee, and `rawUsage.cost_details` has what the upstream provider bills). `card`: computed from a shipped price card.
   * `override`: computed from a price that the app set. `unpriced`: no price for the model or tier, or unusable counts; never 0.
   */
  readonly basis: 'provider' | 'card' | 'override' | 'unpriced';
  /** If `basis` is `provider`: the cost by the price card, for comparison. Integer pico-USD. */
  readonly computedPicoUsd?: number;
  /** The price used: `provider/model` of a card, `model` of an override for any provider, or the id of your own card. */
  readonly cardId?: string;
  /** Version (date) of the price data. */
  readonly priceVersion?: string;
}
