import type { UsageStore, UsageTotals } from '@kilotoken/core';
import type { BackfillOptions, BackfillProgress } from './maintenance/backfill-options.ts';
import type { EraseOptions, Erasure } from './maintenance/erase-user.ts';
import type { UserVerdict } from './maintenance/verify-users.ts';

/** A store in MongoDB. */
export interface MongoStore extends UsageStore {
  userTotals(userId: string): Promise<UsageTotals>;
  /** Creates the indexes of our own collections where they are missing. Run it when you deploy. */
  ensureIndexes(): Promise<void>;
  /**
   * Counts what processes left that died. Every open store does it every 15 seconds by itself; any number may do it at
   * once. Resolves with the number of dead writers that left rows to look at. Their last rows are looked at for ten minutes,
   * since a command of a dead process may still come, and for as long as a document they belong to is missing.
   */
  recover(): Promise<{ readonly writers: number }>;
  /**
   * Retires writers that closed an hour ago or died a day ago, after a last look at what they stored, and takes the guard
   * entries of retired ones out of the user documents. Every open store does it four times an hour.
   */
  retire(): Promise<{ readonly retired: number; readonly cleaned: number }>;
  /**
   * Brings the roll-ups up to date, which charts are read from. Every open store takes turns at it each minute.
   *
   * With `full` it works everything of the last 35 days out anew.
   *
   * @returns the number of slots of 15 minutes that were worked out; nothing where another process is at it.
   */
  rollUp(options?: { readonly full?: boolean }): Promise<{ readonly slots: number } | undefined>;
  /** Compares the documents of all users, or of one, with the ledger. Changes nothing. */
  verify(userId?: string): AsyncIterable<UserVerdict>;
  /**
   * Sets the totals of a user to what the ledger has, whatever they were. Safe beside live traffic.
   *
   * @returns false where the user has no document.
   */
  rebuild(userId: string): Promise<boolean>;
  /**
   * Counts what is in the ledger and not yet on the user: a document that came late, or could not be updated before. What
   * the document had from elsewhere stays on top.
   *
   * Not for a document that the app replaced without its guard, and with its totals: what those show would be counted
   * again. Call `rebuild` for it.
   */
  reconcile(userId: string): Promise<UserVerdict>;
  /**
   * Takes a person out: the records of the user become records without a user, in the ledger and the roll-ups, and the
   * totals on the user's document become 0. User, conversation, message and tags go, and the ids by which the provider
   * knows the answers; counts, costs and times stay, and so do the sums of everything and of tenants. A record that is
   * handed in again is still known. Beside live traffic, records that come in meanwhile stay the user's. What stops it, the
   * next call finishes.
   *
   * Not for a sharded ledger. Messages of the app keep what they show. Run `backfill` no more while the app has messages of
   * the user with tokens: it would bring them back.
   *
   * Waits for up to ten minutes while another process works on the roll-ups; `onWait` hears of it.
   *
   * @returns how many records were the user's; `dryRun` only counts them.
   */
  erase(userId: string, options?: EraseOptions): Promise<Erasure>;
  /**
   * Makes 64-bit integers of totals that are digits as text, `null` (0) or whole doubles. Nothing is guessed: `"1,234"`, 12.5
   * and `"a lot"` stay, and `onError` hears of them, as of documents that refuse it. Call `reconcile` for users that could not
   * be counted before.
   *
   * @returns the number of documents per field; `dryRun` changes none.
   */
  repairTypes(options?: { readonly dryRun?: boolean }): Promise<Readonly<Record<string, number>>>;
  /**
   * Brings the usage that messages and users show from before into the ledger. Totals stay what they are; afterwards the
   * ledger explains them. A user that shows no total gets the sum of its messages. Can be broken off and repeated, also
   * beside live traffic. What no record can hold is passed over, and `onError` hears of it.
   */
  backfill(options?: BackfillOptions): Promise<BackfillProgress>;
}
