import type { UsageRecord } from '../../../recording/usage-record.ts';
import { nextTurn } from '../../../node/next-turn.ts';
import type { AppendResult } from '../../usage-store.ts';
import { jobResult } from './append-job.ts';
import type { AppendJob } from './append-job.ts';
import { appendTransaction } from './append-transaction.ts';
import type { WritableConnection } from '../connection.ts';
import { foldHours, maxFoldRows, pendingFold } from './fold-hours.ts';
import type { PendingFold } from './fold-hours.ts';
import { foldedSequence, newestSequence } from '../sequence.ts';

/** What one transaction may cost the event loop, its commit included. */
const transactionBudgetMs = 4;
/** What taking in records gets of it at least, however slow the disk is. */
const leastInsertBudgetMs = 2;

/**
 * The log is moved into the file after so many records and rows of hours, or transactions: some 400 pages. Each time is one pause of
 * the event loop; more seldom makes it longer, more often writes the same pages more often.
 */
const checkpointRows = 1500;
const checkpointTransactions = 30;

/** So many records may wait for the fold into hours: one row per user and hour is written for all of them. */
const foldRecords = 2000;
/** A reader goes through what waits. Where it is more than these, after a file was renewed, he waits until it is less. */
const maxTailRecords = 10_000;

/** Appends batches in the order they came, many small ones in one transaction, a big one in several. */
export interface Writer {
  append(records: readonly UsageRecord[]): Promise<AppendResult>;
  /** Resolves when no batch is under way. */
  idle(): Promise<void>;
  /** Resolves when no reader has to go through many records that are not in the hours yet. */
  whenReadable(): Promise<void>;
}

/** Makes the writer of one connection. */
export function createWriter(connection: WritableConnection): Writer {
  const jobs: AppendJob[] = [];
  /** Committed, and on their way to the disk. */
  const settling = new Set<Promise<void>>();
  // Commits of the last transactions, smoothed: on a slow disk each transaction takes fewer records.
  let commitMs = 1;
  let rowsInLog = 0;
  let transactionsInLog = 0;
  let draining: Promise<void> | undefined;
  /** What this process has inserted since the last fold, if nobody else came between. */
  let pending: PendingFold | undefined;
  /** How far the fold went when it was looked at last. */
  let folded: number | undefined;
  let openings = 0;
  let folding: Promise<void> | undefined;

  async function drain(): Promise<void> {
    try {
      while (jobs.length > 0) {
        // oxlint-disable-next-line no-await-in-loop -- one transaction after the other
        await connection.use((prepare, database) => {
          const insertBudgetMs = Math.max(transactionBudgetMs - commitMs, leastInsertBudgetMs);
          // What is known is known of the file as it was opened then.
          if (connection.openings !== openings) pending = folded = undefined;
          ({ openings } = connection);
          const before = newestSequence(prepare);
          folded ??= foldedSequence(prepare);
          // What others have inserted since is not in it, and is read back when its turn comes.
          const known = pending?.last === before ? pending : pendingFold(before);
          // Not there while it is written to: a transaction that fails takes part of it back.
          pending = undefined;
          const { count, commitMs: lastMs } = appendTransaction(jobs, insertBudgetMs, known, prepare, database);
          pending = known;
          commitMs = 0.75 * commitMs + 0.25 * lastMs;
          rowsInLog += count;
          transactionsInLog += 1;
        });
        settleCommitted();
        // oxlint-disable-next-line no-await-in-loop -- between two transactions
        if (isFoldDue(pending, folded)) await foldWhatWaits(1);
        if (rowsInLog >= checkpointRows || transactionsInLog >= checkpointTransactions) {
          rowsInLog = 0;
          transactionsInLog = 0;
          // What fails here fails again where it matters: the log keeps everything meanwhile.
          // oxlint-disable-next-line no-await-in-loop -- between two transactions
          await wholeTurn();
          // oxlint-disable-next-line no-await-in-loop -- see above
          await connection.checkpoint().catch(() => {});
        }
        // oxlint-disable-next-line no-await-in-loop -- lets the event loop breathe between transactions
        if (jobs.length > 0) await wholeTurn();
      }
    } catch (error) {
      // What is definite is in the file and found again by id, so all of them may be sent once more.
      for (const job of jobs.splice(0)) job.reject(error);
    } finally {
      // In the same turn as the last look at `jobs`: the next append must begin a new drain.
      draining = undefined;
    }
  }

  /** Folds while so many records wait. What fails here is done by the next who comes to it. */
  async function foldWhatWaits(limit: number): Promise<void> {
    try {
      let left = await connection.use((prepare) => {
        noteFolded(foldedSequence(prepare));
        return newestSequence(prepare) - foldedSequence(prepare);
      });
      while (left >= limit) {
        // oxlint-disable-next-line no-await-in-loop -- lets the event loop breathe
        await wholeTurn();
        // oxlint-disable-next-line no-await-in-loop -- one transaction after the other
        left = await connection.use((prepare, database) => {
          const done = foldHours(prepare, database, pending);
          rowsInLog += done.rows;
          noteFolded(done.folded);
          return done.left;
        });
      }
    } catch {
      // The records are read as they are meanwhile. What is collected must not fill up.
      pending = undefined;
    }
  }

  function noteFolded(sequence: number): void {
    folded = sequence;
    // What the fold has overtaken, also in part, is of no use any more.
    if (pending !== undefined && pending.after < sequence) pending = undefined;
  }

  /** Answers the batches that are in the file as soon as the disk has them; the next transactions need not wait for it. */
  function settleCommitted(): void {
    const open = jobs.findIndex((job) => job.next < job.records.length);
    const committed = jobs.splice(0, open === -1 ? jobs.length : open);
    if (committed.length === 0) return;
    const settled = connection.whenDurable().then(
      () => {
        for (const job of committed) job.resolve(jobResult(job));
      },
      (error: unknown) => {
        for (const job of committed) job.reject(error);
      },
    );
    settling.add(settled);
    void settled.finally(() => settling.delete(settled));
  }

  return {
    append(records) {
      return new Promise((resolve, reject) => {
        jobs.push({ records: [...records], rejected: [], next: 0, inserted: 0, duplicates: 0, resolve, reject });
        // One turn later, so that appends of the same moment share a transaction.
        draining ??= wholeTurn().then(drain);
      });
    },
    async idle() {
      await draining;
      await folding;
      await Promise.all(settling);
    },
    whenReadable() {
      folding ??= foldWhatWaits(maxTailRecords).finally(() => {
        folding = undefined;
      });
      return folding;
    },
  };
}

/** True where enough waits for the rows it fills to be worth a transaction, or the next one would be a long one. */
function isFoldDue(pending: PendingFold | undefined, folded = 0): boolean {
  if (pending === undefined) return false;
  const { records, fold, last } = pending;
  // Where several processes write, none has more than a few records in a row.
  return records >= foldRecords || fold.rows >= maxFoldRows || last - folded >= 2 * foldRecords;
}

/** A whole turn of the event loop: what was asked for by the answer of a disk comes in the very same turn as that answer. */
async function wholeTurn(): Promise<void> {
  await nextTurn();
  await nextTurn();
}
