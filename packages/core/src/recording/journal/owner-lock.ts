import type { DatabaseSync } from 'node:sqlite';
import { sqliteModule } from '../../node/sqlite-module.ts';

/** `held`: its owner lives, maybe stopped. `free`: he is dead. `unknown`: this runtime or file system cannot tell. */
export type LockVerdict = 'held' | 'free' | 'unknown';

/**
 * Locks a file until released or the death of this process, however it dies.
 *
 * The lock is the one SQLite puts on an empty database, because it is the only one Node offers that the kernel drops with
 * the process. Process ids would repeat between containers, and a heartbeat needs a timer and breaks with a stopped
 * process. The file must never be opened by other means in this process: closing it would drop the lock (POSIX).
 *
 * @returns undefined where there is no such lock, or somebody else has it.
 */
export function acquireLock(path: string): { release(): void } | undefined {
  const database = lockedDatabase(path);
  return typeof database === 'string' ? undefined : { release: () => database.close() };
}

/** Tells whether the owner of an existing lock file lives. */
export function probeLock(path: string): LockVerdict {
  const database = lockedDatabase(path);
  if (typeof database === 'string') return database;
  database.close();
  return 'free';
}

/** Deletes an existing lock file unless its owner lives: nobody can lock it between the look and the deletion. */
export function removeFreeLock(path: string, remove: () => void): void {
  const database = lockedDatabase(path);
  if (typeof database === 'string') return;
  try {
    remove();
    database.close();
  } catch {
    // Windows deletes no open file.
    database.close();
    remove();
  }
}

function lockedDatabase(path: string): DatabaseSync | 'held' | 'unknown' {
  let database: DatabaseSync | undefined;
  try {
    const sqlite = sqliteModule();
    if (sqlite === undefined) return 'unknown';
    database = new sqlite.DatabaseSync(path);
    // In memory, or SQLite would put a second file beside the lock.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    // By its text, because Deno gives no error number here.
    return error instanceof Error && error.message.startsWith('database is locked') ? 'held' : 'unknown';
  }
}
