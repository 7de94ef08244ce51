import type { DatabaseSync } from 'node:sqlite';
import { MeterError, isMeterError } from '../../errors.ts';
import type { UsageRecord } from '../../recording/usage-record.ts';
import { recordId, storableRecord } from '../storable-record.ts';
import type { AppendResult } from '../usage-store.ts';
import { isBusy, sqliteErrorCode } from './connection.ts';
import type { Prepare, WritableConnection } from './connection.ts';
import { createRecordInsert } from './insert-record.ts';
import type { RecordInsert } from './insert-record.ts';
import { rollBack } from './roll-back.ts';
import { createTotalsFold } from './totals-fold.ts';
import type { TotalsFold } from './totals-fold.ts';

/** What one transaction may cost the event loop, its commit included. */
const transactionBudgetMs = 4;
/** What taking in records gets of it at least, however slow the disk is. */
const leastInsertBudgetMs = 2;

/**
 * The log is moved into the file after so many records or transactions: some 400 pages. Each time is one pause of the event loop;
 * more seldom makes it longer, more often writes the same pages more often.
 */
const checkpointRecords = 1000;
const checkpointTransactions = 30;

/** Appends batches in the order they came, many small ones in one transaction, a big one in several. */
export interface Writer {
  append(records: readonly UsageRecord[]): Promise<AppendResult>;
  /** Resolves when no batch is under way. */
  idle(): Promise<void>;
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
  let recordsInLog = 0;
  let transactionsInLog = 0;
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    try {
      while (jobs.length > 0) {
        // oxlint-disable-next-line no-await-in-loop -- one transaction after the other
        await connection.use((prepare, database) => {
          const insertBudgetMs = Math.max(transactionBudgetMs - commitMs, leastInsertBudgetMs);
          const { count, commitMs: lastMs } = runTransaction(jobs, insertBudgetMs, prepare, database);
          commitMs = 0.75 * commitMs + 0.25 * lastMs;
          recordsInLog += count;
          transactionsInLog += 1;
        });
        settleCommitted();
        if (recordsInLog >= checkpointRecords || transactionsInLog >= checkpointTransactions) {
          recordsInLog = 0;
          transactionsInLog = 0;
          // What fails here fails again where it matters: the log keeps everything meanwhile.
          // oxlint-disable-next-line no-await-in-loop -- between two transactions
          await connection.checkpoint().catch(() => {});
        }
        // oxlint-disable-next-line no-await-in-loop -- lets the event loop breathe between transactions
        if (jobs.length > 0) await nextTurn();
      }
    } catch (error) {
      // What is definite is in the file and found again by id, so all of them may be sent once more.
      for (const job of jobs.splice(0)) job.reject(error);
    } finally {
      // In the same turn as the last look at `jobs`: the next append must begin a new drain.
      draining = undefined;
    }
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
        draining ??= nextTurn().then(drain);
      });
    },
    async idle() {
      await draining;
      await Promise.all(settling);
    },
  };
}

/** Takes in records until the budget is spent; says how many, and how long the commit took. */
function runTransaction(
  jobs: readonly Job[],
  insertBudgetMs: number,
  prepare: Prepare,
  database: DatabaseSync,
): { readonly count: number; readonly commitMs: number } {
  database.exec('BEGIN IMMEDIATE');
  const before = jobs.map((job) => ({ next: job.next, inserted: job.inserted, duplicates: job.duplicates }));
  const rejectedBefore = jobs.map((job) => job.rejected.length);
  try {
    const insert = createRecordInsert(prepare);
    const fold = createTotalsFold(prepare);
    const end = performance.now() + insertBudgetMs;
    let count = 0;
    for (const job of jobs) {
      for (; job.next < job.records.length && performance.now() < end; count += 1) insertNext(job, insert, fold);
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

function insertNext(job: Job, insert: RecordInsert, fold: TotalsFold): void {
  const record = job.records[job.next];
  job.next += 1;
  try {
    const stored = storableRecord(record);
    const sequence = insert(stored);
    if (sequence === undefined) {
      job.duplicates += 1;
      return;
    }
    fold.add(stored, sequence);
    job.inserted += 1;
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

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
