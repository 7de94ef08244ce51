import { usdText } from '../usd-text.ts';

/**
 * An amount of money as the browser receives it: an exact decimal string, which `Intl.NumberFormat` accepts without rounding it first.
 *
 * @example
 * ```ts
 * const cost: CostAmount = { amount: '12.4381', currency: 'USD', complete: true };
 * ```
 */
export interface CostAmount {
  /** Decimal number without exponent, at most 12 places after the point, 0 or more. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: 'USD';
  /** False if a call has tokens but no price; then the amount is a lower bound. */
  readonly complete: boolean;
}

/**
 * The cost to show, or `undefined` where nothing is priced though there are calls to price: unknown must not look like
 * nothing.
 */
export function costAmount(picoUsd: bigint, isComplete: boolean): CostAmount | undefined {
  if (picoUsd <= 0n && !isComplete) return undefined;
  return { amount: shownUsd(picoUsd), currency: 'USD', complete: isComplete };
}

/** US dollars as decimal text. A credit is shown as 0. */
export function shownUsd(picoUsd: bigint): string {
  return usdText(picoUsd < 0n ? 0n : picoUsd);
}
