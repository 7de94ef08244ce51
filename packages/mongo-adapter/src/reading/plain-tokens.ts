import type { TokenSums } from '@kilotoken/core/store-kit';
import { tokenNames } from '../ledger/token-names.ts';
import type { StoredTokens } from '../ledger/token-names.ts';

/** Counts as the contract shows them: plain numbers, exact up to 2^53. */
export function plainTokens(stored: StoredTokens): TokenSums {
  const tokens: TokenSums = {};
  for (const [field, name] of tokenNames) {
    const value = stored[name];
    if (value !== undefined) tokens[field] = Number(value);
  }
  return tokens;
}
