import type { Collections } from '../driver/collections.ts';
import { decodeText } from '../ledger/text.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import type { KeptSums } from '../users/kept-totals.ts';
import { readUsage } from '../users/user-usage.ts';
import { figuresOf, findUser, guardsOf, keptFigures, sumUser, writersOfUser } from './user-ledger.ts';
import type { UserFigures, UserMapping } from './user-ledger.ts';

/** The result of {@link MongoStore.verify} for one user. */
export interface UserVerdict {
  readonly userId: string;
  /**
   * `right`: the document agrees with the ledger. `balance`: its totals differ from its own counted sums, for example because
   * it had totals before. `wrong`: its counted sums differ from the ledger. `missing`: there is no document.
   */
  readonly state: 'right' | 'balance' | 'wrong' | 'missing';
  /** Records in the ledger that are not counted yet. Briefly above 0 while records arrive. */
  readonly pendingRecords: number;
  /** The sums of the counted records in the ledger. */
  readonly ledger: UserFigures;
  /** The totals on the document. */
  readonly shown: UserFigures;
}

/** Compares one user document with the ledger. */
export async function verifyUser(user: string, collections: Collections, users: UserMapping): Promise<UserVerdict> {
  // The document first: rows that come in between are above its guards.
  const document = await findUser(user, collections, users);
  const guards = guardsOf(document, users);
  const writers = await writersOfUser(user, collections);
  const counted = new Map(
    writers.map(({ writer, lastN, isRetired }) => [writer, isRetired ? lastN : (guards.get(writer) ?? 0n)] as const),
  );
  const [sums, all] = await Promise.all([
    sumUser(user, counted, collections),
    sumUser(user, new Map(writers.map(({ writer, lastN }) => [writer, lastN])), collections),
  ]);
  const ledger = figuresOf(sums);
  const usage = readUsage(document, { fields: users.layout.fields, guard: users.layout.guard });
  const shown = {
    totalTokens: usage.totalTokens,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    picoUsd: usage.picoUsd,
  };
  const kept = (document?.[users.layout.guard] ?? {}) as KeptSums;
  const counts = keptFigures(kept);
  const figures = Object.keys(ledger) as (keyof UserFigures)[];
  const isCounted =
    wholeNumber(kept.rev) === sums.records &&
    wholeNumber(kept.k) === sums.calls &&
    figures.every((figure) => counts[figure] === ledger[figure]);
  const names = users.layout.fields;
  const isShown = figures.every((figure) => names[figure] === false || shown[figure] === ledger[figure]);
  return {
    userId: decodeText(user),
    state: document === undefined ? 'missing' : !isCounted ? 'wrong' : isShown ? 'right' : 'balance',
    pendingRecords: Number(all.records - sums.records),
    ledger,
    shown,
  };
}

/** Users compared at a time: each takes several questions, one after the other. */
const usersAtOnce = 10;

/** Compares all users that have records, in the order of their ids. */
export async function* verifyUsers(collections: Collections, users: UserMapping): AsyncGenerator<UserVerdict> {
  const found = collections.ledger
    .aggregate<{ _id: string }>(
      [{ $match: { v: { $gte: 1 }, u: { $exists: true } } }, { $group: { _id: '$u' } }, { $sort: { _id: 1 } }],
      { allowDiskUse: true },
    )
    // The server drops a cursor that is left alone for ten minutes.
    .batchSize(1000);
  const compared = async (ids: readonly string[]): Promise<readonly UserVerdict[]> =>
    Promise.all(ids.map((id) => verifyUser(id, collections, users)));
  let ids: string[] = [];
  for await (const { _id } of found) {
    ids.push(_id);
    if (ids.length < usersAtOnce) continue;
    yield* await compared(ids);
    ids = [];
  }
  yield* await compared(ids);
}
