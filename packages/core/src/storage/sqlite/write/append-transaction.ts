import type { DatabaseSync } from 'node:sqlite';
import type { AppendJob } from './append-job.ts';
import type { Prepare } from '../connection.ts';
import { maxFoldRows } from './fold-hours.ts';
import type { PendingFold } from './fold-hours.ts';
import { createRecordInsert } from './insert-record.ts';
import { takeNext } from './take-next.ts';
import type { Intake } from './take-next.ts';
import { createTotalsFold } from './totals-fold.ts';
import { inTransaction } from '../transaction.ts';

/** Takes in records until the budget is spent; says how many, and how long the commit took. */
export function appendTransaction(
  jobs: readonly AppendJob[],
  insertBudgetMs: number,
  pending: PendingFold,
  prepare: Prepare,
  database: DatabaseSync,
): { readonly count: number; readonly commitMs: number } {
  const before = jobs.map((job) => ({ next: job.next, inserted: job.inserted, duplicates: job.duplicates }));
  const rejectedBefore = jobs.map((job) => job.rejected.length);
  let count = 0;
  let commitStart = 0;
  try {
    inTransaction(database, () => {
      const fold = createTotalsFold(prepare);
      const intake: Intake = { insert: createRecordInsert(prepare), fold, pending };
      const end = performance.now() + insertBudgetMs;
      for (const job of jobs) {
        // The fold that follows is one transaction too.
        const hasRoom = (): boolean => performance.now() < end && pending.fold.rows < 1.5 * maxFoldRows;
        while (job.next < job.records.length && hasRoom()) count += takeNext(job, intake);
      }
      commitStart = performance.now();
      fold.write();
    });
    return { count, commitMs: performance.now() - commitStart };
  } catch (error) {
    jobs.forEach((job, index) => {
      Object.assign(job, before[index]);
      job.rejected.length = rejectedBefore[index] ?? 0;
    });
    throw error;
  }
}
