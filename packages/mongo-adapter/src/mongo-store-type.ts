import type { UsageStore, UsageTotals } from '@kilotoken/core';
import type { BackfillOptions, BackfillProgress } from './maintenance/backfill-options.ts';
import type { EraseOptions, Erasure } from './maintenance/erase-user.ts';
import type { UserVerdict } from './maintenance/verify-users.ts';

/** A store in MongoDB. */
export interface MongoStore extends UsageStore {
  userTotals(userId: string): Promise<UsageTotals>;
  /** Creates missing indexes of the store's own collections. Run it when you deploy. */
  ensureIndexes(): Promise<void>;
  /**
   * Counts what dead processes have left. Every open store does this every 15 seconds by itself; any number of processes may do it
   * at once. Resolves with the number of dead writers that left rows to check. Their last rows are checked for ten minutes, because
   * a command of a dead process may still arrive, and for as long as a document they belong to is missing.
   */
  recover(): Promise<{ readonly writers: number }>;
  /**
   * Retires writers that closed an hour ago or died a day ago, after a last check of what they stored, and removes their guard entries
   * from the user documents. Every open store does this four times an hour. Rejects if the clock of this process differs from the server's
   * by more than ten minutes.
   */
  retire(): Promise<{ readonly retired: number; readonly cleaned: number }>;
  /**
   * Updates the roll-ups, from which charts are read. Each minute one of the open stores does it.
   *
   * With `full`, recomputes everything of the last 35 days. Rejects if the clock of this process is wrong, as `retire` does.
   *
   * @returns The number of 15-minute slots that were computed; `undefined` if another process is doing it.
   */
  rollUp(options?: { readonly full?: boolean }): Promise<{ readonly slots: number } | undefined>;
  /** Compares the documents of all users, or of one, with the ledger. Changes nothing. */
  verify(userId?: string): AsyncIterable<UserVerdict>;
  /**
   * Sets the totals of a user to the sums of the ledger, whatever they were. Safe during live traffic.
   *
   * @returns False if the user has no document.
   */
  rebuild(userId: string): Promise<boolean>;
  /**
   * Counts what is in the ledger but not yet on the user, because the document appeared late or could not be updated. Amounts on the
   * document that are not from the ledger stay, and so do those of rows that were deleted since.
   *
   * Do not use it for a document that the app replaced with its totals but without the guard field: its usage would be counted
   * again. Call `rebuild` instead.
   */
  reconcile(userId: string): Promise<UserVerdict>;
  /**
   * Removes a person from the usage data: the user's records become records without a user, in the ledger and the roll-ups, and the
   * totals on the user's document become 0. User, conversation, message, tags and the provider's ids of the answers are removed. Counts,
   * costs, times and tenants stay, so overall and tenant sums do not change. A record that is appended again is still recognized.
   * Records that arrive during the erasure stay the user's. If it is interrupted, the next call finishes it.
   *
   * Not supported on a sharded ledger. The app's messages keep their counts; do not run `backfill` as long as the app has messages of
   * the user with tokens, because it would bring the usage back.
   *
   * Waits for up to ten minutes while another process works on the roll-ups; `onWait` is called then.
   *
   * @returns How many records were the user's; `dryRun` only counts them.
   */
  erase(userId: string, options?: EraseOptions): Promise<Erasure>;
  /**
   * Converts totals that are strings of digits, `null` (0) or whole doubles to 64-bit integers. Nothing is guessed: `"1,234"`, 12.5 and
   * `"a lot"` stay, and `onError` is called for them, as for documents that refuse the change. Afterwards call `reconcile` for users
   * that could not be counted before.
   *
   * @returns The number of documents per field; `dryRun` changes none.
   */
  repairTypes(options?: { readonly dryRun?: boolean }): Promise<Readonly<Record<string, number>>>;
  /**
   * Imports existing counts of messages and users into the ledger. Totals do not change; afterwards the ledger accounts for them. A
   * user without a total gets the sum of its messages. Can be interrupted and repeated, also during live traffic. Values that a record
   * cannot hold are skipped, and `onError` is called for them.
   */
  backfill(options?: BackfillOptions): Promise<BackfillProgress>;
}
