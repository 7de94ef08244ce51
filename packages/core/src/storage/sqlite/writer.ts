import type { DatabaseSync } from 'node:sqlite';
import { MeterError, isMeterError } from '../../errors.ts';
import { nextTurn } from '../../node/next-turn.ts';
import type { UsageRecord } from '../../recording/usage-record.ts';
import { recordId, storableRecord } from '../storable-record.ts';
import type { StorableRecord } from '../storable-record.ts';
import type { AppendResult } from '../usage-store.ts';
import { isBusy, sqliteErrorCode } from './connection.ts';
import type { Prepare, WritableConnection } from './connection.ts';
import { addPending, foldHours, foldedSequence, maxFoldRows, pendingFold } from './fold-hours.ts';
import type { PendingFold } from './fold-hours.ts';
import { createRecordInsert, rowsAtOnce } from './insert-record.ts';
import type { RecordInsert } from './insert-record.ts';
import { newestSequence } from './newest-sequence.ts';
import { rollBack } from './roll-back.ts';
import { createTotalsFold } from './totals-fold.ts';
import type { TotalsFold } from './totals-fold.ts';

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

interface Job {
  readonly records: readonly UsageRecord[];
  readonly rejected: { readonly id: string; readonly error: Error }[];
  next: number;
  inserted: number;
  duplicates: number;
  resolve(result: AppendResult): void;
  reject(error: unknown): void;
}

/** Makes the writer of one connection. */
export function createWriter(connection: WritableConnection): Writer {
  const jobs: Job[] = [];
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
          const { count, commitMs: lastMs } = runTransaction(jobs, insertBudgetMs, known, prepare, database);
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

/** Takes in records until the budget is spent; says how many, and how long the commit took. */
function runTransaction(
  jobs: readonly Job[],
  insertBudgetMs: number,
  pending: PendingFold,
  prepare: Prepare,
  database: DatabaseSync,
): { readonly count: number; readonly commitMs: number } {
  database.exec('BEGIN IMMEDIATE');
  const before = jobs.map((job) => ({ next: job.next, inserted: job.inserted, duplicates: job.duplicates }));
  const rejectedBefore = jobs.map((job) => job.rejected.length);
  try {
    const fold = createTotalsFold(prepare);
    const intake: Intake = { insert: createRecordInsert(prepare), fold, pending };
    const end = performance.now() + insertBudgetMs;
    let count = 0;
    for (const job of jobs) {
      // The fold that follows is one transaction too.
      const hasRoom = (): boolean => performance.now() < end && pending.fold.rows < 1.5 * maxFoldRows;
      while (job.next < job.records.length && hasRoom()) count += takeNext(job, intake);
    }
    const commitStart = performance.now();
    fold.write();
    database.exec('COMMIT');
    return { count, commitMs: performance.now() - commitStart };
  } catch (error) {
    jobs.forEach((job, index) => {
      Object.assign(job, before[index]);
      job.rejected.length = rejectedBefore[index] ?? 0;
    });
    rollBack(database);
    throw error;
  }
}

/** True where enough waits for the rows it fills to be worth a transaction, or the next one would be a long one. */
function isFoldDue(pending: PendingFold | undefined, folded = 0): boolean {
  if (pending === undefined) return false;
  const { records, fold, last } = pending;
  // Where several processes write, none has more than a few records in a row.
  return records >= foldRecords || fold.rows >= maxFoldRows || last - folded >= 2 * foldRecords;
}

/** What a transaction takes its records in by. */
interface Intake {
  readonly insert: RecordInsert;
  readonly fold: TotalsFold;
  readonly pending: PendingFold;
}

/** Takes in the next records of a batch; returns how many. */
function takeNext(job: Job, intake: Intake): number {
  const records = job.records.slice(job.next, job.next + rowsAtOnce);
  job.next += records.length;
  const storable: StorableRecord[] = [];
  for (const record of records) {
    unlessRefused(record, job, () => void storable.push(storableRecord(record)));
  }
  const sequences = intake.insert.several(storable);
  storable.forEach((stored, at) => {
    if (sequences === undefined) unlessRefused(stored.fields, job, () => count(stored, intake.insert.one(stored)));
    else count(stored, sequences[at]);
  });
  return records.length;

  function count(stored: StorableRecord, sequence: number | undefined): void {
    if (sequence === undefined) {
      job.duplicates += 1;
      return;
    }
    intake.fold.add(stored, sequence);
    addPending(intake.pending, sequence, stored);
    job.inserted += 1;
  }
}

function unlessRefused(record: UsageRecord | undefined, job: Job, take: () => void): void {
  try {
    take();
  } catch (error) {
    job.rejected.push({ id: recordId(record), error: refusal(record, error) });
  }
}

/** The error of a record that can never be stored; rethrows what is a failure of the file instead. */
function refusal(record: UsageRecord | undefined, error: unknown): Error {
  if (isMeterError(error)) return error;
  if (isBusy(error) || !recordFaults.has(sqliteErrorCode(error) ?? -1)) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  return new MeterError('record_rejected', `record "${recordId(record).slice(0, 80)}" cannot be stored: ${reason}`, {
    cause: error,
  });
}

/** TOOBIG, CONSTRAINT, MISMATCH: SQLite refuses the value, not the moment. */
const recordFaults: ReadonlySet<number> = new Set([18, 19, 20]);

function jobResult({ inserted, duplicates, rejected }: Job): AppendResult {
  return rejected.length === 0 ? { inserted, duplicates } : { inserted, duplicates, rejected };
}

/** A whole turn of the event loop: what was asked for by the answer of a disk comes in the very same turn as that answer. */
async function wholeTurn(): Promise<void> {
  await nextTurn();
  await nextTurn();
}
