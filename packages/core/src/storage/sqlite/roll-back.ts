import type { DatabaseSync } from 'node:sqlite';

/** Ends a transaction that failed, if SQLite has not done so by itself (`isTransaction` is newer than Node 22.13). */
export function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // No transaction is open any more. The caller throws the error that matters.
  }
}
