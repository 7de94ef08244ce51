import type { DatabaseSync } from 'node:sqlite';
import { sqliteModule } from '../../node/sqlite-module.ts';
import type { Prepare } from '../../storage/sqlite/connection.ts';

/**
 * Writes the file anew, so that nothing is left in it of what was taken out: `secure_delete` leaves some where SQLite moved rows
 * to another page.
 *
 * What `VACUUM` writes is all in the log first. The next app that commits would move it into the file, on its event loop: two
 * seconds for 450 MB. Nobody can while somebody reads the file as it was before, so a reader of ours does, until the log is
 * moved here, where no app waits for it.
 */
export function rewriteFile(prepare: Prepare, database: DatabaseSync): void {
  const reader = readerBeside(prepare);
  try {
    // A transaction sees what was there at its first read.
    reader?.exec('BEGIN; SELECT 1 FROM sqlite_schema');
    database.exec('VACUUM');
    reader?.exec('COMMIT');
    prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
  } finally {
    reader?.close();
  }
}

/** Without a log there is nothing to move, and a reader would keep the file from being written. */
function readerBeside(prepare: Prepare): DatabaseSync | undefined {
  const sqlite = sqliteModule();
  const file = prepare(`SELECT file FROM pragma_database_list WHERE name = 'main'`).get()?.['file'];
  const hasLog = prepare('PRAGMA journal_mode').get()?.['journal_mode'] === 'wal';
  return sqlite !== undefined && hasLog && typeof file === 'string' ? new sqlite.DatabaseSync(file) : undefined;
}
