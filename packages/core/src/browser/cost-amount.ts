const picoDigits = 12;

/**
 * Money as a browser gets it: exact, as decimal text, because `Intl.NumberFormat` takes that without rounding first.
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
  /** False where a call has tokens and no price: the amount is a lower bound then. */
  readonly complete: boolean;
}

/**
 * The cost to show, or `undefined` where nothing is priced though there are calls to price: unknown must not look like
 * nothing.
 */
export function costAmount(picoUsd: bigint, isComplete: boolean): CostAmount | undefined {
  if (picoUsd <= 0n && !isComplete) return undefined;
  return { amount: usdText(picoUsd), currency: 'USD', complete: isComplete };
}

/** US dollars as decimal text. A credit is shown as 0. */
export function usdText(picoUsd: bigint): string {
  const digits = String(picoUsd < 0n ? 0n : picoUsd).padStart(picoDigits + 1, '0');
  const fraction = digits.slice(-picoDigits).replace(/0+$/, '');
  const whole = digits.slice(0, -picoDigits);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
