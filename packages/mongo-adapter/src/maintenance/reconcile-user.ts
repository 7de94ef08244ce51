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
  if (!(await isWithinLedger(user, collections, users))) return verdict;
  // Rows of writers that were retired before the document came.
  await rebuildUser(user, collections, users, { keepBalance: true });
  return verifyUser(user, collections, users);
}

/**
 * False where the ledger cannot tell what the document shows. One that has counted fewer records than its guards say lost its
 * own sums, or a backfill was broken off, and it may well show them. One that has counted more than there are had rows that
 * somebody has deleted since.
 */
async function isWithinLedger(user: string, collections: Collections, users: UserMapping): Promise<boolean> {
  const document = await findUser(user, collections, users);
  const all = new Map((await writersOfUser(user, collections)).map(({ writer, lastN }) => [writer, lastN] as const));
  const counted = guardsOf(document, users);
  const backfilled = all.get(backfillWriter);
  if (backfilled !== undefined) counted.set(backfillWriter, backfilled);
  const rev = wholeNumber(valueAtPath(document, `${users.layout.guard}.rev`));
  const [least, most] = await Promise.all([sumUser(user, counted, collections), sumUser(user, all, collections)]);
  return least.records <= rev && rev <= most.records;
}
