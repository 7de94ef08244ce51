import type { DatabaseSync } from 'node:sqlite';
import type { Prepare } from '../connection.ts';
import { foldHours } from './fold-hours.ts';
import { foldedSequence, newestSequence } from '../sequence.ts';
import { sumScope } from '../sum-tables.ts';
import { sumsSql } from '../sums.ts';
import { encodeText } from '../text.ts';
import { tokenColumnNames } from '../token-columns.ts';
import { inTransaction } from '../transaction.ts';

/** What could lead back to a person. */
const personalColumns = ['user_id', 'conversation_id', 'message_id', 'tags', 'response_id', 'request_id'];

const hourSums = ['records', 'unpriced', ...tokenColumnNames, 'pico_high', 'pico_low'];

/** Says how many records a user has. */
export function countRecords(userId: string, prepare: Prepare): number {
  return Number(prepare('SELECT count(*) AS n FROM usage_records WHERE user_id = ?').get(encodeText(userId))?.['n']);
}

/**
 * Makes the records of a user records without a user, in one transaction: user, conversation, message and tags go, and the
 * ids by which the provider knows the answers. Sums over everything and over a tenant stay as they are. Other processes may
 * write meanwhile; they wait while the totals are added up anew.
 *
 * @returns How many records were the user's.
 */
export function eraseUser(userId: string, prepare: Prepare, database: DatabaseSync): number {
  for (;;) {
    while (foldHours(prepare, database).left > 0);
    const erased = inTransaction(database, () =>
      // What a process has collected of records that are not in hours yet still names the user; behind the fold it is not used.
      foldedSequence(prepare) === newestSequence(prepare) ? eraseAll(encodeText(userId), prepare) : undefined,
    );
    if (erased !== undefined) return erased;
  }
}

function eraseAll(user: string, prepare: Prepare): number {
  const { changes } = prepare(
    `UPDATE usage_records SET ${personalColumns.map((column) => `${column} = NULL`).join(', ')} WHERE user_id = ?`,
  ).run(user);
  prepare(`INSERT INTO usage_hours (scope, key, hour, origin, part, seqs, ${hourSums.join(', ')})
    SELECT ${sumScope.withoutUser}, '', hour, origin, part, seqs, ${hourSums.join(', ')} FROM usage_hours
      WHERE scope = ${sumScope.user} AND key = ?
    ON CONFLICT (scope, key, hour, origin, part) DO UPDATE SET seqs = seqs || excluded.seqs,
      ${hourSums.map((column) => `${column} = ${added(column)}`).join(', ')}`).run(user);
  prepare(`DELETE FROM usage_hours WHERE scope = ${sumScope.user} AND key = ?`).run(user);
  prepare(`DELETE FROM usage_totals WHERE (scope = ${sumScope.user} AND user_id = ?)
    OR scope = ${sumScope.withoutUser}`).run(user);
  addUpWithoutUser(prepare);
  return Number(changes);
}

/** A sum nobody has stays unknown. */
function added(column: string): string {
  return `CASE WHEN excluded.${column} IS NULL THEN ${column} ELSE coalesce(${column}, 0) + excluded.${column} END`;
}

/** A call may have had attempts with and without the user, so that these totals cannot be added to one another. */
function addUpWithoutUser(prepare: Prepare): void {
  const sums = ['calls', 'pico_high', 'pico_low', ...tokenColumnNames];
  prepare(`INSERT INTO usage_totals (scope, user_id, origin, records, whole_calls, unpriced_calls, ${sums.join(', ')})
    SELECT ${sumScope.withoutUser}, '', origin, count(*), 0, 0, ${sumsSql} FROM usage_records
      WHERE user_id IS NULL GROUP BY origin`).run();
  prepare(`UPDATE usage_totals SET (whole_calls, unpriced_calls) = (
      SELECT count(DISTINCT call_id), count(DISTINCT CASE WHEN unpriced = 1 THEN call_id END)
      FROM usage_records WHERE user_id IS NULL)
    WHERE scope = ${sumScope.withoutUser} AND origin = (
      SELECT min(origin) FROM usage_totals WHERE scope = ${sumScope.withoutUser})`).run();
}
