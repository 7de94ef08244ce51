import type { Document } from 'mongodb';
import { documentFilter } from '../driver/app-documents.ts';
import type { DocumentMapping } from '../driver/app-documents.ts';
import type { Collections } from '../driver/collections.ts';
import { readStoredTokens, tokenGroup } from '../driver/token-group.ts';
import { wholeOf } from '../ledger/row-sums.ts';
import type { RowSums } from '../ledger/row-sums.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import type { KeptSums } from '../users/kept-totals.ts';
import type { UserLayout } from '../users/user-fields.ts';

/** How user documents are found and laid out. */
export type UserMapping = DocumentMapping & { readonly layout: UserLayout };

/** Rows of one user, summed by writer. */
export interface WriterShare {
  readonly writer: string;
  readonly lastN: bigint;
  /** Its rows are counted for good, and it has no guard entry any more. */
  readonly isRetired: boolean;
}

/** The four totals of a user document. */
export interface UserFigures {
  readonly totalTokens: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly picoUsd: bigint;
}

/** The user document, or nothing where there is none. */
export async function findUser(
  user: string,
  collections: Collections,
  users: UserMapping,
): Promise<Document | undefined> {
  const filter = documentFilter(user, users);
  return filter === undefined ? undefined : ((await collections.users.findOne(filter)) ?? undefined);
}

/** Guard entries of a user document. */
export function guardsOf(document: Document | undefined, users: UserMapping): Map<string, bigint> {
  const entries = Object.entries((document?.[users.layout.guard]?.w ?? {}) as Record<string, unknown>);
  return new Map(entries.map(([writer, n]) => [writer, wholeNumber(n)] as const));
}

/** The writers that have rows of the user. */
export async function writersOfUser(user: string, { ledger, writers }: Collections): Promise<WriterShare[]> {
  const groups = await ledger
    .aggregate([{ $match: { u: user } }, { $group: { _id: '$w', n: { $max: '$n' } } }])
    .toArray();
  const retired = await writers
    .find({ _id: { $in: groups.map((group) => String(group['_id'])) }, r: { $exists: true } })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  const retiredIds = new Set(retired.map(({ _id }) => _id));
  return groups.map((group) => ({
    writer: String(group['_id']),
    lastN: wholeNumber(group['n']),
    isRetired: retiredIds.has(String(group['_id'])),
  }));
}

/** Sums over the rows of a user up to the given number of each writer. */
export async function sumUser(
  user: string,
  upTo: ReadonlyMap<string, bigint>,
  { ledger }: Collections,
): Promise<RowSums> {
  const parts = [...upTo].map(([w, n]) => ({ w, n: { $lte: n } }));
  const groups =
    parts.length === 0
      ? []
      : await ledger
          .aggregate(
            [
              { $match: { u: user, $or: parts } },
              {
                $group: {
                  _id: '$o',
                  records: { $sum: 1 },
                  calls: bit(1),
                  ofOrigin: bit(2),
                  unpriced: bit(4),
                  c: { $sum: '$c' },
                  ...tokenGroup,
                },
              },
            ],
            { allowDiskUse: true },
          )
          .toArray();
  const total = (name: string): bigint => groups.reduce((sum, group) => sum + wholeNumber(group[name]), 0n);
  return {
    records: total('records'),
    calls: total('calls'),
    unpricedCalls: total('unpriced'),
    byOrigin: new Map(
      groups.map((group) => [
        String(group['_id']),
        { calls: wholeNumber(group['ofOrigin']), picoUsd: wholeNumber(group['c']), tokens: readStoredTokens(group) },
      ]),
    ),
  };
}

/** The four totals of sums over rows. */
export function figuresOf(sums: RowSums): UserFigures {
  const { picoUsd, tokens } = wholeOf(sums.byOrigin.values());
  return { totalTokens: tokens.tt ?? 0n, inputTokens: tokens.it ?? 0n, outputTokens: tokens.ot ?? 0n, picoUsd };
}

/** The four totals of the counted sums that a user document keeps. */
export function keptFigures({ s = {} }: KeptSums): UserFigures {
  const sum = (name: string): bigint => Object.values(s).reduce((total, share) => total + wholeNumber(share[name]), 0n);
  return { totalTokens: sum('tt'), inputTokens: sum('it'), outputTokens: sum('ot'), picoUsd: sum('c') };
}

/** Counts the rows that have a mark. Not with $bitAnd, which servers before 6.3 do not have. */
function bit(value: number): Document {
  return { $sum: { $cond: [{ $gte: [{ $mod: ['$f', value * 2] }, value] }, 1, 0] } };
}
