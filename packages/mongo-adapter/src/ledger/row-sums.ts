import { tokenNames } from './token-names.ts';
import type { StoredTokens } from './token-names.ts';
import type { LedgerRow } from './ledger-row.ts';

/** Sums over rows of one user and one origin. */
export interface OriginSums {
  calls: bigint;
  picoUsd: bigint;
  tokens: StoredTokens;
}

/** Sums over rows of one user. */
export interface RowSums {
  /** Number of rows. */
  records: bigint;
  calls: bigint;
  unpricedCalls: bigint;
  readonly byOrigin: Map<string, OriginSums>;
}

/** Sums the rows. Which of them count as calls was decided when they were made. */
export function sumRows(rows: readonly LedgerRow[]): RowSums {
  const sums: RowSums = { records: 0n, calls: 0n, unpricedCalls: 0n, byOrigin: new Map() };
  for (const row of rows) {
    let share = sums.byOrigin.get(row.o);
    if (share === undefined) {
      share = { calls: 0n, picoUsd: 0n, tokens: {} };
      sums.byOrigin.set(row.o, share);
    }
    sums.records += 1n;
    if ((row.f & 1) !== 0) sums.calls += 1n;
    if ((row.f & 2) !== 0) share.calls += 1n;
    if ((row.f & 4) !== 0) sums.unpricedCalls += 1n;
    share.picoUsd += row.c ?? 0n;
    addStoredTokens(share.tokens, row);
  }
  return sums;
}

/** Adds counts; one that neither side has stays absent. */
function addStoredTokens(sums: StoredTokens, tokens: StoredTokens): void {
  for (const [, name] of tokenNames) {
    if (name === 'as') {
      if (tokens.as !== undefined) sums.as = (sums.as ?? 0) + tokens.as;
    } else {
      const value = tokens[name];
      if (value !== undefined) sums[name] = (sums[name] ?? 0n) + value;
    }
  }
}

/** Counts and cost over all origins. */
export function wholeOf(byOrigin: Iterable<OriginSums>): { readonly picoUsd: bigint; readonly tokens: StoredTokens } {
  const tokens: StoredTokens = {};
  let picoUsd = 0n;
  for (const share of byOrigin) {
    picoUsd += share.picoUsd;
    addStoredTokens(tokens, share.tokens);
  }
  return { picoUsd, tokens };
}
