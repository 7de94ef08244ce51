import type { UsageQuery } from '@kilotoken/core';
import type { Document } from 'mongodb';
import type { Collections } from '../driver/collections.ts';
import { readStoredTokens, tokenGroup } from '../driver/token-group.ts';
import { tokenNames } from '../ledger/token-names.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { ledgerFilter } from './ledger-filter.ts';
import { plainTokens } from './plain-tokens.ts';
import type { GroupField, SlotSums } from './slot-sums.ts';

const sumsAgain: Document = Object.fromEntries(
  tokenNames.flatMap(([, name]) => [
    [name, { $sum: `$pieces.${name}` }],
    [`${name}_`, { $max: `$pieces.${name}_` }],
  ]),
);

/**
 * Sums per slot, from the rows of the ledger. A call whose records lie in one slot is only counted; one that spreads over
 * several comes by name, so that a bucket that holds two of them counts it once.
 */
export async function liveSlots(
  query: UsageQuery,
  field: GroupField | undefined,
  { ledger }: Collections,
): Promise<SlotSums[]> {
  const group = field === undefined ? {} : { g: `$${field}` };
  const rows = await ledger
    .aggregate(
      [
        { $match: ledgerFilter(query) },
        { $group: { _id: { call: '$cid', q: '$q', ...group }, c: { $sum: '$c' }, ...tokenGroup } },
        { $group: { _id: { call: '$_id.call', g: '$_id.g' }, pieces: { $push: '$$ROOT' } } },
        { $set: { spread: { $cond: [{ $gt: [{ $size: '$pieces' }, 1] }, '$_id.call', null] } } },
        { $unwind: '$pieces' },
        {
          $group: {
            _id: { q: '$pieces._id.q', g: '$pieces._id.g', call: '$spread' },
            calls: { $sum: 1 },
            c: { $sum: '$pieces.c' },
            ...sumsAgain,
          },
        },
      ],
      { allowDiskUse: true },
    )
    .toArray();
  return rows.map((row) => {
    const key = row['_id'] as { q: Date; g?: string | null; call: string | null };
    return {
      at: key.q,
      group: key.g ?? undefined,
      calls: key.call === null ? Number(row['calls']) : 0,
      ...(key.call === null ? {} : { call: key.call }),
      tokens: plainTokens(readStoredTokens(row)),
      picoUsd: wholeNumber(row['c']),
    };
  });
}
