import { tokenUsageFields } from '../../normalize/token-usage.ts';
import type { TokenUsage } from '../../normalize/token-usage.ts';
import { moneyUnit, tokenColumnPairs } from './token-columns.ts';

/** What some records add to a row of sums. */
export interface SumDelta {
  /** Sums in the order of `tokenUsageFields`; a bit of `shape` says which of them a record carried. */
  readonly counts: number[];
  shape: number;
  records: number;
  /** In units of `moneyUnit`, and the rest: plain numbers stay exact for more records than a transaction takes. */
  picoHigh: number;
  picoLow: number;
}

const unit = Number(moneyUnit);

/** A delta of no records. */
export function sumDelta(): SumDelta {
  return { counts: tokenUsageFields.map(() => 0), shape: 0, records: 0, picoHigh: 0, picoLow: 0 };
}

/** Adds one record. */
export function addToDelta(delta: SumDelta, tokens: TokenUsage, picoUsd = 0): void {
  const low = picoUsd % unit;
  delta.records += 1;
  delta.picoHigh += (picoUsd - low) / unit;
  delta.picoLow += low;
  for (let at = 0; at < tokenUsageFields.length; at += 1) {
    const value = tokens[tokenUsageFields[at] as keyof TokenUsage];
    if (value === undefined) continue;
    delta.shape |= 1 << at;
    delta.counts[at] = (delta.counts[at] ?? 0) + value;
  }
}

/** Adds all that `delta` has. */
export function mergeDelta(into: SumDelta, { records, picoHigh, picoLow, counts, shape }: SumDelta): void {
  into.records += records;
  into.picoHigh += picoHigh;
  into.picoLow += picoLow;
  into.shape |= shape;
  for (let at = 0; at < counts.length; at += 1) into.counts[at] = (into.counts[at] ?? 0) + (counts[at] ?? 0);
}

/** The token columns a shape fills; statements are made per shape, as handing over a NULL costs as much as a value. */
export function shapeColumns(shape: number): readonly string[] {
  return tokenColumnPairs.filter((_, index) => (shape >> index) & 1).map(([, column]) => column);
}

/** The values of these columns. */
export function shapeValues({ shape, counts }: SumDelta): readonly number[] {
  return counts.filter((_, index) => (shape >> index) & 1);
}

/** How a column of sums grows in an upsert. A number is bound as a float, and a float in a sum beyond 2^53 would round it. */
export function grown(column: string): string {
  if (column === 'audio_seconds') return `${column} = coalesce(${column}, 0) + excluded.${column}`;
  return `${column} = coalesce(${column}, 0) + CAST(excluded.${column} AS INTEGER)`;
}
