import { invalidOption, wrongOption } from '../../wrong-option.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import { shownUsd } from '../cost-amount.ts';
import { shownCount } from '../usage-counts.ts';
import { isExposed } from '../usage-exposure.ts';
import type { UsageExposure } from '../usage-exposure.ts';

/**
 * How much a user may spend in the period. It is only displayed: no call is stopped at the limit.
 *
 * @example
 * ```ts
 * const quota: UsageQuota = { unit: 'tokens', limit: 2_000_000 };
 * ```
 */
export interface UsageQuota {
  /** `tokens`, or `cost` in US dollars, which needs `expose: ['cost']`. Default `tokens`. */
  readonly unit?: 'tokens' | 'cost';
  /** 0 or more, in the unit. */
  readonly limit: number;
  /** Spent so far, in the unit. Default: what the store counted in the period. */
  readonly used?: number;
  /** Reserved for calls in progress, in the unit. Default: none. */
  readonly reserved?: number;
}

/**
 * A quota as the browser receives it. With the unit `cost`, numbers are US dollars for display, not for arithmetic.
 *
 * @example
 * ```ts
 * const quota: QuotaState = { unit: 'tokens', used: 1_234_567, limit: 2_000_000 };
 * ```
 */
export interface QuotaState {
  /** What the numbers count. */
  readonly unit: 'tokens' | 'cost';
  /** Spent so far; may be above `limit`. */
  readonly used: number;
  /** The limit of the period. */
  readonly limit: number;
  /** Reserved for calls in progress. */
  readonly reserved?: number;
  /** ISO 4217, with the unit `cost`. */
  readonly currency?: 'USD';
}

/**
 * Checks a quota.
 *
 * @throws {@link MeterError} `invalid_options`, naming the field that is wrong, or where it is in money and money is
 * not exposed.
 */
export function checkQuota(what: string, quota: UsageQuota, expose: readonly UsageExposure[]): void {
  if (typeof quota !== 'object' || quota === null) throw wrongOption(what, 'quota', '{ limit }', quota);
  const { unit = 'tokens', limit, used = 0, reserved = 0 } = quota;
  if (unit !== 'tokens' && unit !== 'cost') throw wrongOption(what, 'quota.unit', '"tokens" or "cost"', unit);
  for (const [field, value] of Object.entries({ limit, used, reserved })) {
    if (!(Number.isFinite(value) && value >= 0))
      throw wrongOption(what, `quota.${field}`, 'a number, 0 or more', value);
  }
  if (unit === 'cost' && !isExposed(expose, 'cost')) {
    throw invalidOption(what, `option "quota.unit" is "cost", which needs expose: ['cost']`);
  }
}

/** The quota to show, from a checked one and what the store counted. */
export function quotaState(
  { unit = 'tokens', limit, used, reserved }: UsageQuota,
  counted: { readonly totalTokens: number; readonly picoUsd: bigint },
): QuotaState {
  const spent = unit === 'tokens' ? shownCount(counted.totalTokens) : Number(shownUsd(counted.picoUsd));
  return withoutUndefined<QuotaState>({
    unit,
    used: used ?? spent,
    limit,
    reserved,
    currency: unit === 'cost' ? 'USD' : undefined,
  });
}
