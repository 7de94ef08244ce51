import type { DatabaseSync } from 'node:sqlite';

/** Reads several times from one state of the file, whatever other processes write meanwhile. */
export function inSnapshot<T>(database: DatabaseSync, read: () => T): T {
  database.exec('BEGIN');
  try {
    return read();
  } finally {
    database.exec('COMMIT');
  }
}

/** Writes all or nothing, while no other process writes: where `write` or the commit throws, nothing of it is kept. */
export function inTransaction<T>(database: DatabaseSync, write: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = write();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** If SQLite has not done so by itself (`isTransaction` is newer than Node 22.13). */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // No transaction is open any more. The caller throws the error that matters.
  }
}
