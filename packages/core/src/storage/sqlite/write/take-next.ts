import { MeterError, isMeterError } from '../../../errors.ts';
import type { UsageRecord } from '../../../recording/usage-record.ts';
import { recordId, storableRecord } from '../../storable-record.ts';
import type { StorableRecord } from '../../storable-record.ts';
import type { AppendJob } from './append-job.ts';
import { isBusy, sqliteErrorCode } from '../connection.ts';
import { addPending } from './fold-hours.ts';
import type { PendingFold } from './fold-hours.ts';
import { rowsAtOnce } from './insert-record.ts';
import type { RecordInsert } from './insert-record.ts';
import type { TotalsFold } from './totals-fold.ts';

/** What a transaction takes its records in by. */
export interface Intake {
  readonly insert: RecordInsert;
  readonly fold: TotalsFold;
  readonly pending: PendingFold;
}

/** Takes in the next records of a batch; returns how many. */
export function takeNext(job: AppendJob, intake: Intake): number {
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

function unlessRefused(record: UsageRecord | undefined, job: AppendJob, take: () => void): void {
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
