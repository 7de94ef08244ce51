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
