/**
 * What one call cost, in integer pico-dollars (1e-12 USD), and where the figure comes from.
 *
 * @example
 * ```ts
 * const cost: Cost = { picoUsd: 8_300_000_000, basis: 'card', cardId: 'openai/gpt-5-mini', priceVersion: '2026-11-22' }; // $0.0083
 * ```
 */
export interface Cost {
  /** Integer pico-USD, safe up to $9,007 per record. Absent where `basis` is `unpriced`. */
  readonly picoUsd?: number;
  /**
   * `provider`: the provider reported what it charges (OpenRouter's `usage.cost`; with a key of one's own that is its
   * fee alone, and what the upstream provider bills stays in `rawUsage.cost_details`). `card`: computed from a shipped
   * price card. `override`: computed from a price the app gave. `unpriced`: unknown model or unusable counts, never 0.
   */
  readonly basis: 'provider' | 'card' | 'override' | 'unpriced';
  /** Where `basis` is `provider`: what the price card would have said, for comparison. Integer pico-USD. */
  readonly computedPicoUsd?: number;
  /** The price card used: `provider/model`, of an override for any provider `model`, of a card of the app's own its id. */
  readonly cardId?: string;
  /** Version (date) of the price data the card came from. */
  readonly priceVersion?: string;
}
