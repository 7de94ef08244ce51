import type { Persistence } from '../fold/persist.ts';
import { createUserFolder, RetiredError } from '../fold/user-folder.ts';
import type { UsageDatabase } from '../fold/usage-database.ts';
import { valueAtPath } from '../documents/value-at-path.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import type { Collections } from '../driver/collections.ts';
import { backfillWriter } from './backfill.ts';
import { rebuildUser } from './rebuild-user.ts';
import { findUser, guardsOf, sumUser, writersOfUser } from './user-ledger.ts';
import type { UserMapping } from './user-ledger.ts';
import { verifyUser } from './verify-users.ts';
import type { UserVerdict } from './verify-users.ts';

/**
 * Counts what is in the ledger and not on the user: a document that came late, or refused its update before. What the
 * document had from elsewhere stays on top.
 */
export async function reconcileUser(
  user: string,
  options: {
    readonly database: UsageDatabase;
    readonly persistence: Persistence;
    readonly collections: Collections;
    readonly users: UserMapping;
    readonly onRefused: (error: Error) => void;
  },
): Promise<UserVerdict> {
  const { database, persistence, collections, users } = options;
  for (const { writer, lastN, isRetired } of await writersOfUser(user, collections)) {
    if (isRetired) continue;
    const folder = createUserFolder({
      database,
      writer,
      persistence,
      reports: { onMissing: () => {}, onRefused: (_, error) => options.onRefused(error), onGuardGone: () => {} },
    });
    try {
      // oxlint-disable-next-line no-await-in-loop -- one writer after the other
      await folder.catchUp(new Map([[user, lastN]]));
    } catch (error) {
      if (!(error instanceof RetiredError)) throw error;
    }
  }
  const verdict = await verifyUser(user, collections, users);
  if (verdict.state !== 'wrong') return verdict;
  // Rows that its own sums do not know of, and that it may well show: it lost its guard, or a backfill was broken off.
  if (await hasLostSums(user, collections, users)) return verdict;
  // Rows of writers that were retired before the document came.
  await rebuildUser(user, collections, users, { keepBalance: true });
  return verifyUser(user, collections, users);
}

async function hasLostSums(user: string, collections: Collections, users: UserMapping): Promise<boolean> {
  const document = await findUser(user, collections, users);
  const counted = guardsOf(document, users);
  const backfilled = (await writersOfUser(user, collections)).find(({ writer }) => writer === backfillWriter);
  if (backfilled !== undefined) counted.set(backfillWriter, backfilled.lastN);
  const { records } = await sumUser(user, counted, collections);
  return wholeNumber(valueAtPath(document, `${users.layout.guard}.rev`)) < records;
}
