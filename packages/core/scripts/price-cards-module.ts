import type { PriceCards } from '../src/pricing/book/price-cards.ts';

/** The text of `src/pricing/book/price-cards.ts`. The comment with the licence of the source is one that bundlers keep. */
export function priceCardsModule({ version, source, text }: PriceCards, licence: string): string {
  return `/*! The price data is compiled from @pydantic/genai-prices:\n\n${licence.trim()} */

// Written by \`npm run prices:update\`; corrections go into scripts/price-corrections.ts.

/**
 * Compiled prices: what \`npm run prices:update\` writes, as data.
 *
 * @example
 * \`\`\`ts
 * const meter = createMeter({ store, prices: { cards: JSON.parse(await readFile('prices.json', 'utf8')) } });
 * \`\`\`
 */
export interface PriceCards {
  /** Date of the last comparison, and the source's own version. Goes into \`Cost.priceVersion\`. */
  readonly version: string;
  /** Where the prices are from, with the source's licence. */
  readonly source: string;
  /** A section per provider, a line per model. */
  readonly text: string;
}

export const priceCards: PriceCards = {
  version: '${version}',
  source:
    '${source}',
  text: \`${text}\`,
};
`;
}
