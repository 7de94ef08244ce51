import { decimalFraction } from './decimal-fraction.ts';
import { roundHalfEven, safeNumber } from './round-half-even.ts';

const picoPerUsd = 10n ** 12n;
/** xAI counts in ten-billionths of a dollar. */
const picoPerTick = 100n;

/**
 * What the provider says it charges for the call, in integer pico-USD; `undefined` where it does not say.
 *
 * Known spellings: `cost` in USD (OpenRouter, LiteLLM, Vercel), `cost.total_cost` in USD (Perplexity), `total_cost` in
 * USD (OpenRouter's generation lookup), `cost_in_usd_ticks` (xAI). With OpenRouter's `is_byok` the cost is OpenRouter's
 * fee: what the upstream provider bills to the app's own account is left out, because no one says that it is a charge
 * to the same payer; it stays in the raw usage, and the price card's figure stands beside as `computedPicoUsd`.
 */
export function reportedCost(rawUsage: unknown): number | undefined {
  if (typeof rawUsage !== 'object' || rawUsage === null) return undefined;
  const usage = rawUsage as {
    readonly cost?: unknown;
    readonly total_cost?: unknown;
    readonly cost_in_usd_ticks?: unknown;
  };
  if (usage.cost !== undefined && usage.cost !== null) {
    const isObject = typeof usage.cost === 'object';
    return picoUsd(isObject ? (usage.cost as { readonly total_cost?: unknown }).total_cost : usage.cost, picoPerUsd);
  }
  if (usage.cost_in_usd_ticks !== undefined) return picoUsd(usage.cost_in_usd_ticks, picoPerTick);
  return usage.total_cost === undefined ? undefined : picoUsd(usage.total_cost, picoPerUsd);
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
