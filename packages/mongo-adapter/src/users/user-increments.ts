import { tokenNames } from '../ledger/token-names.ts';
import { wholeOf } from '../ledger/row-sums.ts';
import type { RowSums } from '../ledger/row-sums.ts';
import { originKey } from './origin-key.ts';
import type { UserLayout } from './user-fields.ts';

/**
 * The `$inc` that adds rows to a user document: the app's totals, and beside the guard the same split by origin.
 *
 * Every whole number is 64-bit: a missing field takes the type of its first increment.
 */
export function userIncrements(sums: RowSums, layout: UserLayout): Record<string, bigint | number> {
  const { fields, guard } = layout;
  const whole = wholeOf(sums.byOrigin.values());
  const increments: Record<string, bigint | number> = {};
  if (fields.totalTokens !== false) increments[fields.totalTokens] = whole.tokens.tt ?? 0n;
  if (fields.inputTokens !== false) increments[fields.inputTokens] = whole.tokens.it ?? 0n;
  if (fields.outputTokens !== false) increments[fields.outputTokens] = whole.tokens.ot ?? 0n;
  if (fields.picoUsd !== false) increments[fields.picoUsd] = whole.picoUsd;
  increments[`${guard}.rev`] = sums.records;
  increments[`${guard}.k`] = sums.calls;
  if (sums.unpricedCalls !== 0n) increments[`${guard}.x`] = sums.unpricedCalls;
  for (const [origin, share] of sums.byOrigin) {
    const path = `${guard}.s.${originKey(origin)}`;
    increments[`${path}.k`] = share.calls;
    if (share.picoUsd !== 0n) increments[`${path}.c`] = share.picoUsd;
    for (const [, name] of tokenNames) {
      const value = share.tokens[name];
      if (value !== undefined) increments[`${path}.${name}`] = value;
    }
  }
  return increments;
}
