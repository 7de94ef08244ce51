import type { Document } from 'mongodb';
import { readStoredTokens, tokenGroup } from '../driver/token-group.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { plainTokens } from './plain-tokens.ts';
import type { GroupField, SlotSums } from './slot-sums.ts';

/** Sums of a slot, or of a bucket of them, whose calls may have records elsewhere, too. */
export interface CountedSlot extends SlotSums {
  /** Calls with several records, of which some record is here. */
  readonly repeats: readonly string[];
}

/**
 * The stage that sums up.
 *
 * @param parts - `at` and `repeats` are expressions for the instant the sums are of, and for the list of calls that a document
 * has in common with others; `calls` sums the rest.
 */
export function sumOfSlots(parts: {
  readonly at: unknown;
  readonly field: GroupField | undefined;
  readonly calls: Document;
  readonly repeats: unknown;
}): Document {
  const { at, field, calls, repeats } = parts;
  return {
    $group: {
      _id: { at, ...(field === undefined ? {} : { g: `$${field}` }) },
      calls,
      repeats: { $push: repeats },
      c: { $sum: '$c' },
      ...tokenGroup,
    },
  };
}

/** What {@link sumOfSlots} made. */
export function countedSlot(group: Document): CountedSlot {
  const key = group['_id'] as { at: Date; g?: string | null };
  return {
    at: key.at,
    group: key.g ?? undefined,
    calls: Number(group['calls']),
    repeats: (group['repeats'] as string[][]).flat(),
    tokens: plainTokens(readStoredTokens(group)),
    picoUsd: wholeNumber(group['c']),
  };
}
