import { MeterError } from '@kilotoken/core';
import type { AppendResult, UsageRecord } from '@kilotoken/core';
import { recordId, storableRecord } from '@kilotoken/core/store-kit';
import type { StorableRecord } from '@kilotoken/core/store-kit';
import { isDeepStrictEqual } from 'node:util';
import { rowRecord } from '../ledger/ledger-row.ts';
import { storeFailed } from '../store-failed.ts';
import type { RecordOutcome } from './batch-writer.ts';
import type { RecordWriter } from './record-writer.ts';
import { textLength } from './text-length.ts';

/** Text of one record, at most: a document of the server holds 16 MiB, and a character up to 3 bytes. */
const maxRecordText = 4_000_000;

/** A record on its way. */
export interface PendingRecord {
  readonly outcome: Promise<RecordOutcome>;
  /** True while somebody will be told that it was inserted; the next to hand it in is told otherwise. */
  isClaimed: boolean;
}

/**
 * Hands records to the writer and sums up what became of them.
 *
 * @throws `MeterError` `store_failed` when not everything is definite in time. What is under way goes on; handing
 * the same records in again joins it.
 */
export async function appendRecords(
  records: readonly UsageRecord[],
  options: {
    readonly writer: RecordWriter;
    /** Records under way, by id. */
    readonly pending: Map<string, PendingRecord>;
    readonly timeoutMs: number;
    readonly onConflict: (conflict: { readonly stored: UsageRecord; readonly sent: UsageRecord }) => void;
  },
): Promise<AppendResult> {
  const { writer, pending, timeoutMs, onConflict } = options;
  if (!Array.isArray(records)) throw new MeterError('invalid_options', 'append: expected an array of records');
  const rejected: { id: string; error: Error }[] = [];
  const claimed: { readonly record: UsageRecord; readonly entry: PendingRecord }[] = [];
  const joined: PendingRecord[] = [];
  for (const record of records as readonly UsageRecord[]) {
    try {
      const storable = checked(record);
      const { id } = storable.fields;
      let entry = pending.get(id);
      if (entry?.isClaimed === true) {
        joined.push(entry);
        continue;
      }
      entry ??= startWriting(id, storable, writer, pending);
      entry.isClaimed = true;
      claimed.push({ record, entry });
    } catch (error) {
      rejected.push({ id: recordId(record), error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  let inserted = 0;
  let duplicates = joined.length;
  const settle = async ({ record, entry }: (typeof claimed)[number]): Promise<void> => {
    const outcome = await entry.outcome;
    if (outcome.kind === 'inserted') inserted += 1;
    else if (outcome.kind === 'duplicate' && !isOurs(outcome.stored)) {
      const message = `record "${record.id.slice(0, 80)}" cannot be stored: another document of the ledger has its id`;
      rejected.push({ id: record.id, error: new MeterError('record_rejected', message) });
    } else if (outcome.kind === 'duplicate') {
      duplicates += 1;
      const stored = rowRecord(outcome.stored);
      if (!isDeepStrictEqual(stored, rowSafe(record))) onConflict({ stored, sent: record });
    } else {
      const message = `record "${record.id.slice(0, 80)}" cannot be stored: ${outcome.error.message}`;
      rejected.push({ id: record.id, error: new MeterError('record_rejected', message, { cause: outcome.error }) });
    }
  };
  try {
    const all = Promise.all([...claimed.map(settle), ...joined.map(({ outcome }) => outcome)]);
    await withinTime(all, timeoutMs, () => writer.lastProblem());
  } catch (error) {
    for (const { entry } of claimed) entry.isClaimed = false;
    const count = claimed.length + joined.length;
    throw storeFailed(`${count} ${count === 1 ? 'record is' : 'records are'} not yet stored and counted`, error);
  }
  return rejected.length === 0 ? { inserted, duplicates } : { inserted, duplicates, rejected };
}

function startWriting(
  id: string,
  record: StorableRecord,
  writer: RecordWriter,
  pending: Map<string, PendingRecord>,
): PendingRecord {
  const outcome = writer.write(record);
  const entry = { outcome, isClaimed: true };
  pending.set(id, entry);
  const forget = (): void => {
    if (pending.get(id) === entry) pending.delete(id);
  };
  // Whoever waits gets the failure; nobody may be waiting any more.
  outcome.then(forget, forget);
  return entry;
}

function checked(record: UsageRecord): StorableRecord {
  const storable = storableRecord(record);
  if (textLength(storable) > maxRecordText) {
    throw new MeterError(
      'record_rejected',
      `record "${storable.fields.id.slice(0, 80)}" cannot be stored: it has more than ${maxRecordText} characters of text`,
    );
  }
  return storable;
}

function isOurs(stored: { readonly v?: unknown }): boolean {
  return stored.v === 1;
}

/** The record as reading it back would give it, for a comparison. */
function rowSafe(record: UsageRecord): unknown {
  const { fields, rawUsageJson } = storableRecord(record);
  return rawUsageJson === undefined ? fields : { ...fields, rawUsage: JSON.parse(rawUsageJson) as unknown };
}

/** Waits for a promise, but not for ever. */
export async function withinTime<T>(promise: Promise<T>, timeoutMs: number, problem: () => unknown): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const cause = problem();
      const detail = cause instanceof Error ? `; last problem: ${cause.message}` : '';
      reject(new Error(`not finished after ${timeoutMs} ms${detail}`, { cause }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
