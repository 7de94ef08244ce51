import type { LedgerRow } from '../ledger/ledger-row.ts';
import { persist, StoppedError } from './persist.ts';
import type { Persistence } from './persist.ts';
import { isRefused } from './usage-database.ts';
import type { Refusal, UsageDatabase } from './usage-database.ts';

/** What became of a batch of rows. */
export interface InsertOutcome {
  /** Rows that are in the ledger as ours, in their order. */
  readonly inserted: readonly LedgerRow[];
  /** Rows whose id was taken, and what is stored under it. */
  readonly duplicates: readonly { readonly row: LedgerRow; readonly stored: LedgerRow }[];
  readonly refused: readonly Refusal[];
}

/**
 * Inserts rows until the outcome of each is definite.
 *
 * After an unknown outcome and after a duplicate one read tells which rows are there; only the missing ones are sent
 * again, under the same numbers, so an earlier command that is executed late finds its rows taken.
 *
 * @param sendFirst - Sends the first attempt, where it is to carry more than rows.
 * @throws the error of a command that was refused outright, when nothing of it was stored.
 */
export async function insertRows(
  database: UsageDatabase,
  rows: readonly LedgerRow[],
  persistence: Persistence,
  sendFirst: UsageDatabase['insertRows'] = (open) => database.insertRows(open),
): Promise<InsertOutcome> {
  // By row, not by id: one batch may bring an id twice.
  const inserted = new Set<LedgerRow>();
  const duplicates: { row: LedgerRow; stored: LedgerRow }[] = [];
  const refused = new Map<string, Refusal>();
  let open = rows;
  let isFirstAttempt = true;
  for (let attempt = 0; open.length > 0; attempt += 1) {
    if (persistence.isStopped()) throw new StoppedError('closed while rows were being stored');
    try {
      // oxlint-disable-next-line no-await-in-loop -- rows of one writer become visible in their order
      const result = await (isFirstAttempt ? sendFirst(open) : database.insertRows(open));
      for (const refusal of result.refused) refused.set(refusal.id, refusal);
      if (result.isComplete) {
        for (const row of open) if (!refused.has(row._id)) inserted.add(row);
        break;
      }
    } catch (error) {
      if (isRefused(error) && isFirstAttempt) throw error;
      persistence.onRetry(error);
    }
    isFirstAttempt = false;
    const ids = open.map(({ _id }) => _id);
    // oxlint-disable-next-line no-await-in-loop -- see above
    const found = new Map((await persist(() => database.rowsById(ids), persistence)).map((row) => [row._id, row]));
    const missing: LedgerRow[] = [];
    for (const row of open) {
      const stored = found.get(row._id);
      if (stored === undefined) {
        if (!refused.has(row._id)) missing.push(row);
        continue;
      }
      refused.delete(row._id);
      if (stored.w === row.w && stored.n === row.n) inserted.add(row);
      else duplicates.push({ row, stored });
    }
    // Nothing moved: the server is unwell, or a duplicate is not yet visible to a majority.
    // oxlint-disable-next-line no-await-in-loop -- see above
    if (missing.length === open.length) await persistence.pace.backOff(attempt);
    else attempt = 0;
    open = missing;
  }
  return { inserted: rows.filter((row) => inserted.has(row)), duplicates, refused: [...refused.values()] };
}
