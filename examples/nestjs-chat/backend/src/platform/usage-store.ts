/** Injects the store that keeps usage: totals on users, tokens on replies, and the ledger that explains both. */
export const USAGE_STORE = Symbol('usage store');
