import type { Document } from 'mongodb';
import { tokenNames } from '../ledger/token-names.ts';
import type { StoredTokens } from '../ledger/token-names.ts';
import { wholeNumber } from '../ledger/whole-number.ts';

/** `$group` members that sum each count, and tell whether any document carried it: `$sum` of nothing is 0. */
export const tokenGroup: Document = Object.fromEntries(
  tokenNames.flatMap(([, name]) => [
    [name, { $sum: `$${name}` }],
    [`${name}_`, { $max: `$${name}` }],
  ]),
);

/** The sums of a {@link tokenGroup}; a count nobody carried stays absent. */
export function readStoredTokens(group: Document): StoredTokens {
  const tokens: StoredTokens = {};
  for (const [, name] of tokenNames) {
    const most: unknown = group[`${name}_`];
    if (most === null || most === undefined) continue;
    if (name === 'as') tokens.as = Number(group[name]);
    else tokens[name] = wholeNumber(group[name]);
  }
  return tokens;
}
