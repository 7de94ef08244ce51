// oxlint-disable typescript/no-unsafe-type-assertion -- the table holds what `createRecordInsert` wrote
import type { DatabaseSync } from 'node:sqlite';
import type { TokenUsage } from '../../../normalize/token-usage.ts';
import { isUnpriced } from '../../storable-record.ts';
import type { StorableRecord } from '../../storable-record.ts';
import type { Prepare, Row } from '../connection.ts';
import { createHourFold } from './hour-fold.ts';
import type { HourFold, HourRecord } from './hour-fold.ts';
import { foldedSequence, newestSequence } from '../sequence.ts';
import { encodeText } from '../text.ts';
import { tokenColumnNames, tokenColumnPairs } from '../token-columns.ts';
import { inTransaction } from '../transaction.ts';

/** What one transaction of the fold takes at most, so that the event loop gets its turns. */
export const maxFoldRows = 400;
/** Records that another process wrote are read back, which takes longer. */
const maxReadRecords = 400;

/** Records this process has just inserted, in sums already: all that are in the file behind `after`, up to `last`. */
export interface PendingFold {
  readonly after: number;
  last: number;
  records: number;
  readonly fold: HourFold;
}

/** Begins to collect, behind the youngest record there is. */
export function pendingFold(after: number): PendingFold {
  return { after, last: after, records: 0, fold: createHourFold() };
}

/** Adds a record that was just inserted. */
export function addPending(pending: PendingFold, sequence: number, { fields }: StorableRecord): void {
  const { userId, tenantId } = fields.attribution;
  pending.last = sequence;
  pending.records += 1;
  pending.fold.add({
    sequence,
    user: userId === undefined ? null : encodeText(userId),
    tenant: tenantId === undefined ? undefined : encodeText(tenantId),
    startedAt: fields.startedAt.getTime(),
    origin: encodeText(fields.origin),
    isUnpriced: isUnpriced(fields),
    picoUsd: fields.cost.picoUsd,
    tokens: fields.tokens,
  });
}

/**
 * Takes the next records into `usage_hours`, whichever process stored them, in a transaction of its own.
 *
 * @param pending - What this process knows of them; they are read from the table where that is not all.
 * @returns How far the fold goes now, how many records are behind it at most, and how many rows it wrote.
 */
export function foldHours(
  prepare: Prepare,
  database: DatabaseSync,
  pending?: PendingFold,
): { readonly folded: number; readonly left: number; readonly rows: number } {
  return inTransaction(database, () => {
    // Only who holds the lock knows how far others came.
    const before = foldedSequence(prepare);
    const newest = newestSequence(prepare);
    const isKnown = pending !== undefined && isAllOf(pending, before, prepare);
    const { fold, last: folded } = isKnown ? pending : readPending(before, prepare);
    if (folded !== before) {
      fold.write(prepare);
      prepare('UPDATE usage_fold SET seq = ?').run(folded);
    }
    return { folded, left: folded === before ? 0 : newest - folded, rows: fold.rows };
  });
}

/** True where nothing came between the fold and these, nor among them, and nothing of them was taken away since. */
function isAllOf({ after, last, records }: PendingFold, folded: number, prepare: Prepare): boolean {
  if (records === 0 || after < folded) return false;
  const counted = prepare('SELECT count(*) AS records FROM usage_records WHERE seq > ? AND seq <= ?').get(folded, last);
  return counted?.['records'] === records;
}

function readPending(after: number, prepare: Prepare): PendingFold {
  const pending = pendingFold(after);
  for (const row of prepare(readSql).all(after, maxReadRecords)) {
    if (pending.fold.rows >= maxFoldRows) break;
    const record = rowHourRecord(row);
    pending.fold.add(record);
    pending.last = record.sequence;
  }
  return pending;
}

const readSql = `SELECT seq, user_id, tenant_id, started_at, origin, unpriced, pico_usd,
  ${tokenColumnNames.join(', ')} FROM usage_records WHERE seq > ? ORDER BY seq LIMIT ?`;

function rowHourRecord(row: Row): HourRecord {
  const tokens: { -readonly [Field in keyof TokenUsage]: number } = {};
  for (const [field, column] of tokenColumnPairs) {
    const value = row[column];
    if (typeof value === 'number') tokens[field] = value;
  }
  return {
    sequence: row['seq'] as number,
    user: row['user_id'] as string | null,
    tenant: (row['tenant_id'] as string | null) ?? undefined,
    startedAt: row['started_at'] as number,
    origin: row['origin'] as string,
    isUnpriced: row['unpriced'] === 1,
    picoUsd: (row['pico_usd'] as number | null) ?? undefined,
    tokens,
  };
}
