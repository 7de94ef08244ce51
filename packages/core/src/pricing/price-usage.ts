import type { CardPlan } from './arithmetic/card-plan.ts';
import { chargeBy, planCard } from './arithmetic/card-plan.ts';
import { checkPriceCard, membersOf } from './check-price-card.ts';
import type { Cost } from './cost.ts';
import type { PriceCard } from './price-card.ts';
import type { PricedCall } from './priced-call.ts';
import { createPricer } from './pricer.ts';
import { isDate, wrongField } from '../wrong-option.ts';
import type { Pricer } from './pricer.ts';

/**
 * Prices a call, or prices a stored record again. Pure: the same call and card give the same cost on every machine.
 *
 * Without a card, it returns the cost that a meter without price options records: what the provider reported, else the shipped
 * price. A stored record with the same `priceVersion` gets its stored cost. With a card, only that card counts, whatever the call
 * cost, and `basis` is `override`. Use a card for selling prices, or to apply the price of an `overrides` entry.
 *
 * @param call - A record, or those of its fields that a price depends on.
 * @param card - Your own prices, in integer pico-USD per token. Do not modify a card in use. Default: the shipped cards.
 * @returns The cost. `{ basis: 'unpriced' }` if the model, the tier or a required count is unknown, counts contradict each other
 * (more cached than input), or the sum exceeds 2^53 - 1 pico-USD ($9,007). Rounded half to even, at most once.
 * @throws MeterError `invalid_options` if the call or the card is wrong; the message names the field.
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
  checkCall(call);
  if (card === undefined) {
    shipped ??= createPricer();
    return shipped(call);
  }
  const picoUsd = chargeBy(planOf(card), call);
  if (picoUsd === undefined) return { basis: 'unpriced' };
  const { id: cardId, version } = card;
  return { picoUsd, basis: 'override', cardId, ...(version === undefined ? {} : { priceVersion: version }) };
}

/** A record that was read from JSON has a text in place of its date. */
function checkCall(call: unknown): void {
  const { startedAt, tokens } = membersOf('priceUsage: call', call);
  if (!isDate(startedAt)) throw wrongField('priceUsage: call.startedAt', 'a Date', startedAt);
  membersOf('priceUsage: call.tokens', tokens);
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
