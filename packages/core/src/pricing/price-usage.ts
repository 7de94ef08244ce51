import type { CardPlan } from './card-plan.ts';
import { chargeBy, planCard } from './card-plan.ts';
import { checkPriceCard } from './check-price-card.ts';
import type { Cost } from './cost.ts';
import type { PriceCard } from './price-card.ts';
import type { PricedCall } from './priced-call.ts';
import { createPricer } from './pricer.ts';
import type { Pricer } from './pricer.ts';

/**
 * Prices a call, or a stored record again. Pure: the same call and card give the same cost on every machine.
 *
 * Without a card: the cost the meter records without price options, that is what the provider reported, else the
 * shipped price. A stored record of the same `priceVersion` gets its stored cost. With a card: that card alone decides,
 * whatever the call cost, and `basis` is `override`: for selling prices, or for the price of an `overrides` entry.
 *
 * @param call - A record, or the few members of one that a price depends on.
 * @param card - A price of one's own, in integer pico-USD per token. Treat it as frozen. Default: the shipped cards.
 * @returns The cost; `{ basis: 'unpriced' }` where model, tier or a needed count is unknown, counts contradict each
 * other (more cached than input), or the sum is beyond 2^53 - 1 pico-USD ($9,007). Rounded half to even, at most once.
 * @throws MeterError `invalid_options` where the card is wrong, naming the member.
 * @see docs/guide/pricing.md for the sources and limits of the shipped prices.
 *
 * @example
 * ```ts
 * const plan: PriceCard = { id: 'plan-pro', inputPicoUsdPerToken: 3_000_000, outputPicoUsdPerToken: 15_000_000 }; // $3 and $15 per million
 * for await (const record of store.records({ userId: 'u1' })) {
 *   console.log(priceUsage(record).picoUsd, priceUsage(record, plan).picoUsd);
 * }
 * ```
 */
export function priceUsage(call: PricedCall, card?: PriceCard): Cost {
  if (card === undefined) {
    shipped ??= createPricer();
    return shipped(call);
  }
  const picoUsd = chargeBy(planOf(card), call);
  if (picoUsd === undefined) return { basis: 'unpriced' };
  const { id: cardId, version } = card;
  return { picoUsd, basis: 'override', cardId, ...(version === undefined ? {} : { priceVersion: version }) };
}

let shipped: Pricer | undefined;

/** A card is checked and worked out once. */
const plans = new WeakMap<PriceCard, CardPlan>();

function planOf(card: PriceCard): CardPlan {
  const known = plans.get(card);
  if (known !== undefined) return known;
  checkPriceCard(card);
  const plan = planCard(card.periods ?? [card], true);
  plans.set(card, plan);
  return plan;
}
