import type { TokenUsage } from '../../normalize/token-usage.ts';
import { charge } from './charge.ts';
import type { PriceFactor, PricePeriod } from '../price-card.ts';
import type { PricedCall } from '../priced-call.ts';
import type { RateSheet } from './rate-sheet.ts';
import { rateSheet } from './rate-sheet.ts';

/** What a service tier costs. */
export interface TierPlan {
  /** On the rates of the period; absent where the tier has rates of its own. */
  readonly factor?: PriceFactor;
  readonly sheet?: RateSheet;
  /** The tier's price for cached input is not known, so a call that has some is not priced. */
  readonly isUncachedOnly?: boolean;
}

interface WindowPlan {
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly weekdays: readonly number[] | undefined;
  readonly sheet: RateSheet;
}

interface PeriodPlan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly sheet: RateSheet;
  /** The highest threshold first. */
  readonly longContext: readonly { readonly above: number; readonly sheet: RateSheet }[];
  readonly windows: readonly WindowPlan[];
  readonly tiers: ReadonlyMap<string, TierPlan>;
  readonly factor: PriceFactor;
}

/** A price card ready for use: everything that does not depend on the call is worked out. */
export interface CardPlan {
  readonly periods: readonly PeriodPlan[];
}

const one: PriceFactor = [1, 1];

/** @param isComplete Whether an absent rate means the rate of its total, see `rateSheet`. */
export function planCard(
  periods: readonly PricePeriod[],
  isComplete: boolean,
  tiers: ReadonlyMap<string, TierPlan> = new Map(),
): CardPlan {
  return { periods: periods.map((period) => planPeriod(period, isComplete, tiers)) };
}

/** Whether the card has a price for this instant. */
export function covers(plan: CardPlan, at: Date): boolean {
  return periodAt(plan, at.getTime()) !== undefined;
}

/** The price of a call by a card, in integer pico-USD; `undefined` where the card does not say. */
export function chargeBy(plan: CardPlan, call: PricedCall, extra: PriceFactor = one): number | undefined {
  const atMs = call.startedAt.getTime();
  const period = periodAt(plan, atMs);
  if (period === undefined) return undefined;
  const tierName = tierOf(call);
  const tier = tierName === undefined ? undefined : period.tiers.get(tierName);
  if (tierName !== undefined && tier === undefined) return undefined;
  if (tier?.isUncachedOnly === true && call.tokens.cacheReadInputTokens !== 0) return undefined;
  const sheet = tier?.sheet ?? sheetOf(period, atMs, call.tokens);
  return charge(sheet, call.tokens, call.rawUsage, product(product(period.factor, tier?.factor ?? one), extra));
}

/** The name a tier of its own is listed under; `undefined` for the base price. */
function tierOf({ serviceTier, operation }: PricedCall): string | undefined {
  if ((serviceTier === undefined || serviceTier === 'default') && operation !== 'batch') return undefined;
  const name = serviceTier?.toLowerCase();
  switch (name) {
    case undefined:
    case 'default':
    case 'standard':
    case 'auto':
    case 'on_demand':
      return operation === 'batch' ? 'batch' : undefined;
    default:
      return name;
  }
}

function periodAt({ periods }: CardPlan, atMs: number): PeriodPlan | undefined {
  for (let index = periods.length - 1; index >= 0; index -= 1) {
    const period = periods[index];
    if (period !== undefined && atMs >= period.fromMs && atMs < period.toMs) return period;
  }
  return undefined;
}

function sheetOf(period: PeriodPlan, atMs: number, { inputTokens = 0 }: TokenUsage): RateSheet {
  for (const { above, sheet } of period.longContext) if (inputTokens > above) return sheet;
  return period.windows.length === 0 ? period.sheet : (windowAt(period.windows, atMs)?.sheet ?? period.sheet);
}

function windowAt(windows: readonly WindowPlan[], atMs: number): WindowPlan | undefined {
  const at = new Date(atMs);
  const minute = at.getUTCHours() * 60 + at.getUTCMinutes();
  return windows.find(
    ({ fromMinute, toMinute, weekdays }) =>
      minute >= fromMinute && minute < toMinute && (weekdays?.includes(at.getUTCDay()) ?? true),
  );
}

function planPeriod(period: PricePeriod, isComplete: boolean, tiers: ReadonlyMap<string, TierPlan>): PeriodPlan {
  const own = Object.entries(period.serviceTiers ?? {}).map(
    ([name, tier]): [string, TierPlan] =>
      [name.toLowerCase(), isFactor(tier) ? { factor: tier } : { sheet: rateSheet(tier, isComplete) }] as const,
  );
  return {
    fromMs: period.from?.getTime() ?? Number.NEGATIVE_INFINITY,
    toMs: period.to?.getTime() ?? Number.POSITIVE_INFINITY,
    sheet: rateSheet(period, isComplete),
    longContext: (period.longContext ?? [])
      .map((rates) => ({ above: rates.aboveInputTokens, sheet: rateSheet(rates, isComplete) }))
      .toSorted((a, b) => b.above - a.above),
    windows: (period.windows ?? []).map((window) => ({
      fromMinute: window.fromMinute,
      toMinute: window.toMinute,
      weekdays: window.weekdays,
      sheet: rateSheet(window, isComplete),
    })),
    tiers: new Map([...tiers, ...own]),
    factor: period.factor ?? one,
  };
}

function isFactor(tier: object): tier is PriceFactor {
  return Array.isArray(tier);
}

/** Factors stay integers: they are multiplied, and divided only once, by `charge`. */
function product(a: PriceFactor, b: PriceFactor): PriceFactor {
  if (a === one) return b;
  return b === one ? a : [a[0] * b[0], a[1] * b[1]];
}
