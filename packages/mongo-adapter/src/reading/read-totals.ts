import type { UsageQuery, UsageTotals } from '@kilotoken/core';
import { addTokens, originShares, tokenTotals, usageTotals } from '@kilotoken/core/store-kit';
import type { TokenSums } from '@kilotoken/core/store-kit';
import type { Document } from 'mongodb';
import type { Collections } from '../driver/collections.ts';
import { readStoredTokens, tokenGroup } from '../driver/token-group.ts';
import { decodeText } from '../ledger/text.ts';
import { tokenNames } from '../ledger/token-names.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { ledgerFilter } from './ledger-filter.ts';
import { plainTokens } from './plain-tokens.ts';

/** Counts calls, of which each has a place for each of its origins. */
const countStage: Document = {
  calls: { $sum: 1 },
  first: { $sum: { $cond: [{ $eq: ['$place', 0] }, 1, 0] } },
  unpriced: { $sum: { $cond: [{ $eq: ['$place', 0] }, '$unpriced', 0] } },
};

/**
 * Sums the rows by origin. A call is counted once for each origin it has and once in all, so rows are gathered by call
 * first; `first` is 1 on exactly one origin of each call.
 */
const stages: readonly Document[] = [
  {
    $group: {
      _id: { call: '$cid', origin: '$o' },
      rows: { $sum: 1 },
      unpriced: { $max: { $cond: ['$x', 1, 0] } },
      c: { $sum: '$c' },
      ...tokenGroup,
    },
  },
  { $group: { _id: '$_id.call', unpriced: { $max: '$unpriced' }, shares: { $push: '$$ROOT' } } },
  { $unwind: { path: '$shares', includeArrayIndex: 'place' } },
  {
    $group: {
      _id: '$shares._id.origin',
      ...countStage,
      rows: { $sum: '$shares.rows' },
      c: { $sum: '$shares.c' },
      ...Object.fromEntries(
        tokenNames.flatMap(([, name]) => [
          [name, { $sum: `$shares.${name}` }],
          [`${name}_`, { $max: `$shares.${name}_` }],
        ]),
      ),
    },
  },
];

/** The same in two questions, of which only that for calls has to remember each of them. */
const sumStages: readonly Document[] = [{ $group: { _id: '$o', rows: { $sum: 1 }, c: { $sum: '$c' }, ...tokenGroup } }];
const callStages: readonly Document[] = [
  { $group: { _id: '$cid', origins: { $addToSet: '$o' }, unpriced: { $max: { $cond: ['$x', 1, 0] } } } },
  { $unwind: { path: '$origins', includeArrayIndex: 'place' } },
  { $group: { _id: '$origins', ...countStage } },
];

/** Totals of a query from the rows of the ledger; `userRev` is the count a user document keeps, where there is one. */
export async function readTotals(
  query: UsageQuery,
  { ledger }: Collections,
  userRev: (userId: string) => Promise<number | undefined>,
): Promise<UsageTotals> {
  const ask = async (parts: readonly Document[]): Promise<Document[]> =>
    ledger.aggregate([{ $match: ledgerFilter(query) }, ...parts], { allowDiskUse: true }).toArray();
  // Of one user it is one question, so that no record is in one part of the answer and not in the other.
  const groups = typeof query.userId === 'string' ? await ask(stages) : await askInTwo(ask);
  const whole: TokenSums = {};
  let picoUsd = 0n;
  const shares = groups.map((group) => {
    const tokens = plainTokens(readStoredTokens(group));
    const cost = wholeNumber(group['c']);
    addTokens(whole, tokens);
    picoUsd += cost;
    const share = { calls: Number(group['calls']), tokens: tokenTotals(tokens), picoUsd: cost };
    return [decodeText(String(group['_id'])), share] as const;
  });
  const sumOf = (field: string): number => groups.reduce((sum, group) => sum + Number(group[field]), 0);
  return usageTotals({
    calls: sumOf('first'),
    tokens: tokenTotals(whole),
    picoUsd,
    byOrigin: originShares(shares),
    unpricedCalls: sumOf('unpriced'),
    rev: await readRev(),
  });

  async function readRev(): Promise<number> {
    const { userId, ...rest } = query;
    if (Object.values(rest).every((value) => value === undefined)) return sumOf('rows');
    const kept = typeof userId === 'string' ? await userRev(userId) : undefined;
    return kept ?? ledger.countDocuments(ledgerFilter(userId === undefined ? {} : { userId }));
  }
}

async function askInTwo(ask: (parts: readonly Document[]) => Promise<Document[]>): Promise<Document[]> {
  const [sums, counts] = await Promise.all([ask(sumStages), ask(callStages)]);
  const byOrigin = new Map(counts.map((count) => [String(count['_id']), count]));
  const none = { calls: 0, first: 0, unpriced: 0 };
  return sums.map((sum) => ({ ...sum, ...none, ...byOrigin.get(String(sum['_id'])) }));
}
