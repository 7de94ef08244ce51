import type { Row } from '../../storage/sqlite/connection.ts';
import { rowSums } from '../../storage/sqlite/sums.ts';
import { decodeText } from '../../storage/sqlite/text.ts';
import { tokenUsageFields } from '../../normalize/token-usage.ts';
import { sumScope } from '../../storage/sqlite/sum-tables.ts';

/** Sums that are kept beside the records and are not what the records add up to. */
export interface WrongSums {
  /** Whose sums: `all records`, `records without user`, `user "u1"`, `tenant "t1"`; with the origin where they are a share. */
  readonly of: string;
  readonly figures: readonly { readonly name: string; readonly kept: string; readonly recounted: string }[];
}

/** Rows of one kind, as they are kept and as the records have them; all numbers as bigint. */
export interface Recount {
  readonly kept: Iterable<Row>;
  readonly recounted: Iterable<Row>;
  key(row: Row): string;
  name(row: Row): string;
  /** What is compared of a row, under the names a reader knows it by; of `{}` where there is none. */
  figures(row: Row): ReadonlyMap<string, bigint | number>;
}

/** Compares every kept row with its recount, and finds those that have only one of both. */
export function wrongRows({ kept, recounted, key, name, figures }: Recount): readonly WrongSums[] {
  const left = new Map<string, Row>();
  for (const row of kept) left.set(key(row), row);
  const differences = (of: Row, found: Row = {}, right: Row = {}): WrongSums[] => {
    const before = figures(found);
    const wrong = [...figures(right)]
      .filter(([figure, value]) => !isSame(figure, before.get(figure), value))
      .map(([figure, value]) => ({ name: figure, kept: String(before.get(figure)), recounted: String(value) }));
    return wrong.length === 0 ? [] : [{ of: name(of), figures: wrong }];
  };
  const wrong: WrongSums[] = [];
  for (const row of recounted) {
    wrong.push(...differences(row, left.get(key(row)), row));
    left.delete(key(row));
  }
  // What is left has no record behind it.
  for (const row of left.values()) wrong.push(...differences(row, row));
  return wrong;
}

/** Tokens and cost of a row, as figures. */
export function sumFigures(row: Row): readonly (readonly [name: string, value: bigint | number])[] {
  const { tokens, picoUsd } = rowSums(row);
  return [['picoUsd', picoUsd], ...tokenUsageFields.map((field) => [field, tokens[field] ?? 0] as const)];
}

/** Whose row it is, by its `scope` and the stored text of its key. */
export function scopeName({ scope }: Row, key: unknown): string {
  if (Number(scope) === sumScope.everything) return 'all records';
  if (Number(scope) === sumScope.withoutUser) return 'records without user';
  return `${Number(scope) === sumScope.user ? 'user' : 'tenant'} "${decodeText(String(key))}"`;
}

/** Seconds are fractions, and fractions depend on the order in which they were added. */
function isSame(figure: string, kept: bigint | number | undefined, recounted: bigint | number): boolean {
  if (figure !== 'audioSeconds') return kept === recounted;
  return Math.abs(Number(kept) - Number(recounted)) <= 1e-6 * Math.max(1, Math.abs(Number(recounted)));
}
