import type { LedgerRow } from '../ledger/ledger-row.ts';
import { insertRows } from './insert-rows.ts';
import type { InsertOutcome } from './insert-rows.ts';
import type { MessageSetter } from './message-setter.ts';
import type { Persistence } from './persist.ts';
import { isRefused } from './usage-database.ts';
import type { UsageDatabase } from './usage-database.ts';
import type { UserFolder } from './user-folder.ts';

/**
 * Inserts rows, counts them on their users and sets their messages in one command and one round trip.
 *
 * The server works it off in order and stops at the first failure, so a user is counted only where the very same command
 * has inserted all rows of the batch: a duplicate, a refused row or a late second copy counts nobody. The folder takes
 * note of the users that were counted; users whose guard is not known, and whatever the command did not reach, are left
 * to the caller, who does for them what it does without this command.
 *
 * All earlier rows of the folder's writer must be counted, missing or refused.
 *
 * @returns what became of the rows, the messages that were set, and whether the server has the command at all.
 */
export async function storeAtOnce(
  rows: readonly LedgerRow[],
  options: {
    readonly database: UsageDatabase;
    readonly persistence: Persistence;
    readonly folder: UserFolder;
    readonly messages: MessageSetter | undefined;
  },
): Promise<{ readonly outcome: InsertOutcome; readonly shown: ReadonlySet<string>; readonly isSupported: boolean }> {
  const { database, persistence, folder, messages } = options;
  let shown: ReadonlySet<string> = new Set();
  let isSupported = true;
  const outcome = await insertRows(database, rows, persistence, async (open) => {
    const folds = folder.direct(open);
    try {
      const result = await database.storeBatch({ rows: open, folds, messages: messages?.firstSums(open) ?? [] });
      folder.applied(folds.filter(({ user }) => result.counted.has(user)));
      messages?.applied(result.shown);
      ({ shown } = result);
      return result;
    } catch (error) {
      if (!isRefused(error)) throw error;
      isSupported = false;
      return database.insertRows(open);
    }
  });
  return { outcome, shown, isSupported };
}
