import type { UsageQuery } from '../../usage-store.ts';

/** Instants in epoch milliseconds: `from` inclusive, `to` exclusive, both may be infinite. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** The range of a query. */
export function timeRange({ from, to }: UsageQuery): TimeRange {
  return { from: from?.getTime() ?? -Infinity, to: to?.getTime() ?? Infinity };
}

/** A range as a condition on a column, with its values. */
export function rangeSql({ from, to }: TimeRange, column: string): [where: string, values: number[]] {
  const lower = from === -Infinity ? [] : [[`${column} >= ?`, from] as const];
  const upper = to === Infinity ? [] : [[`${column} < ?`, to] as const];
  const conditions = [...lower, ...upper];
  if (conditions.length === 0) return ['1', []];
  return [conditions.map(([condition]) => condition).join(' AND '), conditions.map(([, value]) => value)];
}
