import type { DatabaseSync } from 'node:sqlite';
import type { Prepare } from '../storage/sqlite/connection.ts';

/** The other thread waits for the end of the rewrite; it holds the file for us; it is to let go. */
const waits = 0;
const holds = 1;
const isOver = 2;
const patienceMs = 1000;

/**
 * Writes the file anew, so that nothing is left in it of what was taken out: `secure_delete` leaves some where SQLite moved rows
 * to another page.
 *
 * What `VACUUM` writes is all in the log first. The next app that commits would move it into the file, on its event loop: two
 * seconds for 450 MB. Between the end of `VACUUM` and the moving of the log here is a gap in which nobody holds the file, so a
 * second thread takes hold of it there, and apps wait a little longer, as they did before.
 */
export async function rewriteFile(prepare: Prepare, database: DatabaseSync): Promise<void> {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const file = prepare(`SELECT file FROM pragma_database_list WHERE name = 'main'`).get()?.['file'];
  const version = prepare('PRAGMA schema_version').get()?.['schema_version'];
  const state = new Int32Array(new SharedArrayBuffer(4));
  const holder = new Worker(holdAfterRewrite, { eval: true, workerData: { file, version, state } });
  const ended = new Promise((resolve) => {
    // Without it the file is written anew all the same.
    holder.once('error', resolve);
    holder.once('exit', resolve);
  });
  try {
    database.exec('VACUUM');
    Atomics.wait(state, 0, waits, patienceMs);
    prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
  } finally {
    Atomics.store(state, 0, isOver);
    Atomics.notify(state, 0);
    await ended;
  }
}

/** `VACUUM` counts the version of the schema up, so that who gets hold of the file knows whether it was before or after. */
const holdAfterRewrite = `
const { file, version, state } = process.getBuiltinModule('node:worker_threads').workerData;
const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
const database = new DatabaseSync(file);
database.exec('PRAGMA busy_timeout = 0');
const read = database.prepare('PRAGMA schema_version');
while (Atomics.load(state, 0) === ${waits}) {
  try {
    database.exec('BEGIN IMMEDIATE');
  } catch {
    Atomics.wait(state, 0, ${waits}, 1);
    continue;
  }
  const isRewritten = read.get().schema_version !== version;
  if (isRewritten && Atomics.compareExchange(state, 0, ${waits}, ${holds}) === ${waits}) {
    Atomics.notify(state, 0);
    Atomics.wait(state, 0, ${holds});
  }
  database.exec('ROLLBACK');
  if (!isRewritten) Atomics.wait(state, 0, ${waits}, 5);
}
database.close();
`;
