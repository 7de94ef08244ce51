import type { UsageTotals } from '@kilotoken/core';
import { addTokens, originShares, tokenTotals, usageTotals } from '@kilotoken/core/store-kit';
import type { TokenSums } from '@kilotoken/core/store-kit';
import { decodeText } from '../ledger/text.ts';
import { tokenNames } from '../ledger/token-names.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { keyOrigin } from './origin-key.ts';

/** Sums a user document carries under its guard field, as they are read. */
export interface KeptSums {
  readonly rev?: unknown;
  readonly k?: unknown;
  readonly x?: unknown;
  readonly s?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly w?: Readonly<Record<string, unknown>>;
}

/** All-time totals from the sums of a user document. */
export function keptTotals(kept: KeptSums): UsageTotals {
  const whole: TokenSums = {};
  let picoUsd = 0n;
  const shares = Object.entries(kept.s ?? {}).map(([key, share]) => {
    const tokens: TokenSums = {};
    for (const [field, name] of tokenNames) {
      const value = share[name];
      if (value !== undefined) tokens[field] = name === 'as' ? Number(value) : Number(wholeNumber(value));
    }
    const cost = wholeNumber(share['c']);
    addTokens(whole, tokens);
    picoUsd += cost;
    const origin = decodeText(keyOrigin(key));
    return [origin, { calls: Number(wholeNumber(share['k'])), tokens: tokenTotals(tokens), picoUsd: cost }] as const;
  });
  return usageTotals({
    calls: Number(wholeNumber(kept.k)),
    tokens: tokenTotals(whole),
    picoUsd,
    byOrigin: originShares(shares),
    unpricedCalls: Number(wholeNumber(kept.x)),
    rev: Number(wholeNumber(kept.rev)),
  });
}
