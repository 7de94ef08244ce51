import { decimalFraction } from './decimal-fraction.ts';
import { roundHalfEven, safeNumber } from './round-half-even.ts';

const picoPerUsd = 10n ** 12n;

/** xAI counts in ten-billionths of a dollar, and has a name for billionths. */
const picoPerTick = 100n;
const picoPerNano = 1000n;

/** The members of a usage object that name an amount. */
interface Amounts {
  readonly cost?: unknown;
  readonly cost_in_usd_ticks?: unknown;
  readonly cost_in_nano_usd?: unknown;
  readonly total_cost?: unknown;
  readonly cost_usd_total?: unknown;
  readonly estimated_cost?: unknown;
  readonly currency?: unknown;
}

/**
 * What the provider says it charges for the call, in integer pico-USD; `undefined` where it does not say.
 *
 * Known spellings: `cost` in USD (OpenRouter, LiteLLM, Vercel), `cost.total_cost` (Perplexity), `cost_in_usd_ticks` and
 * `cost_in_nano_usd` (xAI), `total_cost` (OpenRouter's generation lookup), `cost_usd_total` (LLM Gateway), `estimated_cost`
 * (DeepInfra). In another currency than USD none is heard. With OpenRouter's `is_byok` the cost is OpenRouter's fee: what
 * the upstream provider bills to the app's own account is left out, because no one says that it is a charge to the same
 * payer; it stays in the raw usage, and the price card's figure stands beside as `computedPicoUsd`.
 */
export function reportedCost(rawUsage: unknown): number | undefined {
  if (typeof rawUsage !== 'object' || rawUsage === null) return undefined;
  const usage = rawUsage as Amounts;
  const amount = usage.cost ?? usage.total_cost ?? usage.cost_usd_total ?? usage.estimated_cost;
  if (usage.cost === undefined || usage.cost === null) {
    if (isThere(usage.cost_in_usd_ticks)) return picoUsd(usage.cost_in_usd_ticks, picoPerTick);
    if (isThere(usage.cost_in_nano_usd)) return picoUsd(usage.cost_in_nano_usd, picoPerNano);
  }
  if (!isThere(amount)) return undefined;
  const priced = typeof amount === 'object' ? (amount as Amounts) : usage;
  if (typeof priced.currency === 'string' && priced.currency.toUpperCase() !== 'USD') return undefined;
  return picoUsd(priced === usage ? amount : priced.total_cost, picoPerUsd);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function picoUsd(amount: unknown, picoPerUnit: bigint): number | undefined {
  if (typeof amount === 'number' && picoPerUnit === picoPerUsd) {
    // Up to 15 digits no two decimals mean the same float, so the one that comes back is the one that was written.
    const whole = Math.round(amount * 1e12);
    if (whole >= 0 && whole < 1e15 && whole / 1e12 === amount) return whole;
  }
  const fraction = decimalFraction(amount);
  return fraction && safeNumber(roundHalfEven(fraction.digits * picoPerUnit, fraction.scale));
}
