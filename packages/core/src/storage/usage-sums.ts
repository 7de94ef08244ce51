import type { TokenUsage } from '../normalize/token-usage.ts';
import { tokenUsageFields } from '../normalize/token-usage.ts';
import type { OriginTotals, TokenTotals, UsagePoint, UsageTotals } from './usage-store.ts';

/** Token sums under way: a count is absent until a record carries it. */
export type TokenSums = { -readonly [Field in keyof TokenUsage]: number };

/** Adds the counts of one record. */
export function addTokens(sums: TokenSums, tokens: TokenUsage): void {
  for (const field of tokenUsageFields) {
    const value = tokens[field];
    if (value !== undefined) sums[field] = (sums[field] ?? 0) + value;
  }
}

/** Sums as a store shows them: the three totals are always there. */
export function tokenTotals(sums: TokenUsage): TokenTotals {
  return {
    ...sums,
    inputTokens: sums.inputTokens ?? 0,
    outputTokens: sums.outputTokens ?? 0,
    totalTokens: sums.totalTokens ?? 0,
  };
}

/** Makes a {@link UsageTotals}; `toJSON` is not enumerable, so the value can be compared and cloned. */
export function usageTotals(sums: Omit<UsageTotals, 'toJSON'>): UsageTotals {
  // A share may be shown without the rest, so it has its own.
  const byOrigin = originShares(
    Object.entries(sums.byOrigin).map(([origin, share]) => [
      origin,
      withJson(share, () => ({ ...share, picoUsd: String(share.picoUsd) })),
    ]),
  );
  return withJson({ ...sums, byOrigin }, () => ({ ...sums, picoUsd: String(sums.picoUsd), byOrigin }));
}

/** Makes a {@link UsagePoint}. */
export function usagePoint(point: Omit<UsagePoint, 'toJSON'>): UsagePoint {
  return withJson(point, () => ({ ...point, at: point.at.toISOString(), picoUsd: String(point.picoUsd) }));
}

/** The group of a point under the name its `by` gives it; a record without one has no such field. */
export function pointGroup(
  by: 'model' | 'user' | 'tenant' | undefined,
  key: string | undefined,
): Pick<UsagePoint, 'model' | 'userId' | 'tenantId'> {
  if (by === undefined || key === undefined) return {};
  if (by === 'model') return { model: key };
  return by === 'user' ? { userId: key } : { tenantId: key };
}

/** Order of groups inside one bucket: records without one first, then by code unit. */
export function compareGroups(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}

/** The shares by origin as an object; origins without records are absent. */
export function originShares(shares: Iterable<readonly [string, OriginTotals]>): UsageTotals['byOrigin'] {
  return Object.fromEntries(shares);
}

function withJson<T extends object>(value: T, toJSON: () => unknown): T & { toJSON(): unknown } {
  return Object.defineProperty({ ...value, toJSON }, 'toJSON', { enumerable: false });
}
