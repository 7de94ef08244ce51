import type { DatabaseSync } from 'node:sqlite';
import { MeterError, isMeterError } from '../../errors.ts';
import type { UsageRecord } from '../../recording/usage-record.ts';
import { recordId, storableRecord } from '../storable-record.ts';
import type { AppendResult } from '../usage-store.ts';
import { isBusy, sqliteErrorCode } from './connection.ts';
import type { Connection, Prepare } from './connection.ts';
import { createRecordInsert } from './insert-record.ts';
import type { RecordInsert } from './insert-record.ts';
import { rollBack } from './roll-back.ts';
import { createTotalsFold } from './totals-fold.ts';
import type { TotalsFold } from './totals-fold.ts';

/** What one transaction may cost the event loop, its commit included. */
const transactionBudgetMs = 5;
/** What taking in records gets of it at least, however slow the disk is. */
const leastInsertBudgetMs = 2;

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
export function createWriter(connection: Connection): Writer {
  const jobs: Job[] = [];
  // Commits of the last transactions, smoothed: on a slow disk each transaction takes fewer records.
  let commitMs = 2;
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    try {
      while (jobs.length > 0) {
        // oxlint-disable-next-line no-await-in-loop -- one transaction after the other
        await connection.use((prepare, database) => {
          const insertBudgetMs = Math.max(transactionBudgetMs - commitMs, leastInsertBudgetMs);
          commitMs = 0.75 * commitMs + 0.25 * runTransaction(jobs, insertBudgetMs, prepare, database);
        });
        for (let job = jobs[0]; job !== undefined && job.next >= job.records.length; job = jobs[0]) {
          jobs.shift();
          job.resolve(jobResult(job));
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
    },
  };
}

/** Takes in records until the budget is spent; returns how long the commit took. */
function runTransaction(
  jobs: readonly Job[],
  insertBudgetMs: number,
  prepare: Prepare,
  database: DatabaseSync,
): number {
  database.exec('BEGIN IMMEDIATE');
  const before = jobs.map((job) => ({ next: job.next, inserted: job.inserted, duplicates: job.duplicates }));
  const rejectedBefore = jobs.map((job) => job.rejected.length);
  try {
    const insert = createRecordInsert(prepare);
    const fold = createTotalsFold(prepare);
    const end = performance.now() + insertBudgetMs;
    for (const job of jobs) {
      while (job.next < job.records.length && performance.now() < end) insertNext(job, insert, fold);
    }
    const commitStart = performance.now();
    fold.write();
    database.exec('COMMIT');
    return performance.now() - commitStart;
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
