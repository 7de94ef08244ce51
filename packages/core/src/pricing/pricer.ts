import { chargeBy, covers } from './arithmetic/card-plan.ts';
import { fail } from './check-price-card.ts';
import { checkPriceCards, checkPriceOptions } from './check-price-options.ts';
import type { Cost } from './cost.ts';
import { combinedFactor } from './arithmetic/combined-factor.ts';
import { isNamed } from './book/model-name.ts';
import { createOverrideBook } from './book/override-book.ts';
import type { OverridePlan } from './book/override-book.ts';
import type { BookCard } from './book/price-book.ts';
import { openPriceBook } from './book/price-book.ts';
import { priceCards } from './book/price-cards.ts';
import type { PriceCards } from './book/price-cards.ts';
import type { PriceAdjustment, PriceOptions } from './price-options.ts';
import type { PricedCall } from './priced-call.ts';
import { reportedCost } from './arithmetic/reported-cost.ts';
import { hasUnlistedSurcharge } from './unlisted-surcharge.ts';

/** So many pairs of provider and model are remembered. */
const maxMemo = 2000;

/** What is known of the price of one model of one provider. */
interface Match {
  readonly provider: string;
  /** The model of the same name at another provider. */
  readonly next: Match | undefined;
  readonly override: OverridePlan | undefined;
  readonly card: BookCard | undefined;
  readonly adjustments: readonly PriceAdjustment[];
}

/** What one call costs. */
export type Pricer = (call: PricedCall) => Cost;

/**
 * Builds the function that prices calls.
 *
 * What the provider itself reports wins (`basis: 'provider'`), with the computed price beside it; else an override of
 * the app, else the shipped card, else the call is `unpriced`. The function throws nothing but what a loader of prices throws.
 *
 * @throws MeterError `invalid_options`, naming the wrong one.
 */
export function createPricer(options: PriceOptions = {}): Pricer {
  checkPriceOptions(options);
  const { factors = [], providers = {} } = options;
  const loadCards = cardsLoader(options.cards);
  const overrides = createOverrideBook(options.overrides ?? []);
  let cards = loadCards();
  let book = openPriceBook(cards);
  for (const [name, list] of Object.entries(providers)) {
    if (!book.lists(list)) fail(`prices.providers.${name}`, 'has no price list');
  }
  const memo = new Map<string, Match>();
  let memoSize = 0;

  return (call) => {
    const current = loadCards();
    if (current !== cards) {
      cards = current;
      book = openPriceBook(cards);
      forget();
    }
    const computed = computedCost(call);
    const reported = reportedCost(call.rawUsage);
    if (reported === undefined) return computed;
    const { picoUsd: computedPicoUsd, cardId, priceVersion } = computed;
    if (computedPicoUsd === undefined || cardId === undefined) return { picoUsd: reported, basis: 'provider' };
    return priceVersion === undefined
      ? { picoUsd: reported, basis: 'provider', computedPicoUsd, cardId }
      : { picoUsd: reported, basis: 'provider', computedPicoUsd, cardId, priceVersion };
  };

  function computedCost(call: PricedCall): Cost {
    const { provider, requestModel, responseModel } = call;
    const model = responseModel === undefined || responseModel === '' ? requestModel : responseModel;
    if (model === undefined) return { basis: 'unpriced' };
    const match = matchOf(provider, model);
    const override = overrideOf(call, match, model);
    if (override !== undefined) {
      const picoUsd = chargeBy(override.plan, call);
      return picoUsd === undefined ? { basis: 'unpriced' } : { picoUsd, basis: 'override', cardId: override.id };
    }
    const { card, adjustments } = match;
    if (card === undefined || hasUnlistedSurcharge(call)) return { basis: 'unpriced' };
    const picoUsd = chargeBy(card.plan, call, combinedFactor(adjustments, call.startedAt));
    return picoUsd === undefined
      ? { basis: 'unpriced' }
      : { picoUsd, basis: 'card', cardId: card.id, priceVersion: book.version };
  }

  /** A name the app gave, such as a deployment, may be known only by what was asked for. */
  function overrideOf(call: PricedCall, { override }: Match, model: string): OverridePlan | undefined {
    if (override !== undefined && covers(override.plan, call.startedAt)) return override;
    const { provider, requestModel } = call;
    if (overrides.isEmpty || requestModel === undefined || requestModel === model) return undefined;
    const asked = matchOf(provider, requestModel).override;
    return asked !== undefined && covers(asked.plan, call.startedAt) ? asked : undefined;
  }

  function matchOf(provider: string, model: string): Match {
    let known = memo.get(model);
    while (known !== undefined && known.provider !== provider) known = known.next;
    if (known !== undefined) return known;
    if (memoSize >= maxMemo) forget();
    memoSize += 1;
    const match = {
      provider,
      next: memo.get(model),
      override: overrides.find(provider, model),
      card: book.find(Object.hasOwn(providers, provider) ? (providers[provider] ?? provider) : provider, model),
      adjustments: factors.filter(
        (one) => (one.provider ?? provider) === provider && (one.model === undefined || isNamed(model, one.model)),
      ),
    };
    memo.set(model, match);
    return match;
  }

  function forget(): void {
    memo.clear();
    memoSize = 0;
  }
}

/** A loader that fails later on, or returns something else than cards, leaves the last good cards in force. */
function cardsLoader(given: PriceOptions['cards'] = priceCards): () => PriceCards {
  if (typeof given !== 'function') return () => given;
  let good = given();
  checkPriceCards('prices.cards()', good);
  let seen: unknown = good;
  return () => {
    try {
      const cards = given();
      if (cards !== seen) {
        seen = cards;
        checkPriceCards('prices.cards()', cards);
        good = cards;
      }
    } catch {
      // The version on each record says which cards are in force.
    }
    return good;
  };
}
