import type { Prepare, Row } from '../connection.ts';
import { sumScope } from '../sum-tables.ts';
import { encodeText } from '../text.ts';

/** The kept sums of a user, of records without a user (null) or of everything: one row per origin. */
export function keptRows(userId: string | null | undefined, prepare: Prepare): Row[] {
  return prepare('SELECT * FROM usage_totals WHERE scope = ? AND user_id = ?', 'bigints').all(...keyOf(userId));
}

/** How many records they are, and of how many calls. */
export function keptCounts(
  userId: string | null | undefined,
  prepare: Prepare,
): { readonly records: number; readonly calls: number } {
  const kept = prepare(
    'SELECT sum(records) AS records, sum(whole_calls) AS calls FROM usage_totals WHERE scope = ? AND user_id = ?',
  );
  const row = kept.get(...keyOf(userId));
  return { records: Number(row?.['records'] ?? 0), calls: Number(row?.['calls'] ?? 0) };
}

function keyOf(userId: string | null | undefined): [scope: number, userId: string] {
  if (userId === undefined) return [sumScope.everything, ''];
  return userId === null ? [sumScope.withoutUser, ''] : [sumScope.user, encodeText(userId)];
}
