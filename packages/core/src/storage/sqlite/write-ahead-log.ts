import type { DatabaseSync } from 'node:sqlite';
import { builtinModule } from '../../node/builtin-module.ts';

/** The write-ahead log of an open database, as far as it has to reach the disk. */
export interface WriteAheadLog {
  /**
   * Resolves when everything committed before the call is on the disk; the waiting is not done on the event loop.
   *
   * @throws what the file system throws. Once that happened, nothing counts as written but what was moved into the database.
   * {@link FileGone} where the database is no longer what its path leads to.
   */
  sync(): Promise<void>;
  close(): void;
}

/** The database was deleted or replaced while it was open: what is written goes into a file nobody finds again. */
export class FileGone extends Error {
  constructor() {
    super('its file was deleted or replaced while it was open');
  }
}

/** Waits until the disk has a file; `fs.fdatasync`, but for tests. */
export type SyncFile = (descriptor: number) => Promise<void>;

/**
 * Takes the wait for the disk out of `COMMIT`: SQLite only writes the log (`synchronous = NORMAL`), and the log is
 * brought to the disk here, in the thread pool, once for all commits that came meanwhile. It is what SQLite does with
 * `synchronous = FULL`, except that the event loop goes on.
 *
 * Opening and closing the log beside SQLite is safe: in this mode SQLite holds no lock on it.
 *
 * @returns `undefined` where there is no such log to be opened: in memory, on disks that cannot share memory, in runtimes
 * without `node:fs`, and under Node's permission model, which lets nobody but SQLite wait for the disk.
 */
export function openWriteAheadLog(database: DatabaseSync, syncFile?: SyncFile): WriteAheadLog | undefined {
  const fs = builtinModule('node:fs');
  const mode = database.prepare('PRAGMA journal_mode').get()?.['journal_mode'];
  const file = database.prepare(`SELECT file FROM pragma_database_list WHERE name = 'main'`).get()?.['file'];
  if (globalThis.process.permission !== undefined) return undefined;
  if (fs === undefined || mode !== 'wal' || typeof file !== 'string' || file === '') return undefined;
  let descriptor: number;
  try {
    // For writing, because Windows flushes no other file.
    descriptor = fs.openSync(`${file}-wal`, 'r+');
  } catch {
    return undefined;
  }
  const reachDisk =
    syncFile ??
    ((opened) =>
      new Promise<void>((resolve, reject) => {
        fs.fdatasync(opened, (error) => (error === null ? resolve() : reject(error)));
      }));

  const identityOf = (path: string): string | undefined => {
    const found = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev} ${found.ino}`;
  };
  // SQLite itself goes on in files without a name. (Windows lets nobody delete them.) Some microseconds each time, where the
  // thread pool would take a hundred.
  const watched = [file, `${file}-wal`].map((path) => ({ path, identity: identityOf(path) }));
  const areThere = (): boolean => watched.every(({ path, identity }) => identityOf(path) === identity);

  let isInDoubt = false;
  let isClosed = false;
  let underway: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function syncNow(): Promise<void> {
    // What a disk refused once it may claim to have later; only moving it into the database writes it again.
    if (isInDoubt && !isMoved(database)) throw new Error('the write-ahead log could not be written to the disk');
    isInDoubt = false;
    try {
      await reachDisk(descriptor);
    } catch (error) {
      isInDoubt = true;
      throw error;
    }
    if (!areThere()) throw new FileGone();
  }

  function begin(): Promise<void> {
    next = undefined;
    const syncing = syncNow().finally(() => {
      if (underway === syncing) underway = undefined;
      if (isClosed && underway === undefined) fs?.closeSync(descriptor);
    });
    underway = syncing;
    return syncing;
  }

  return {
    sync() {
      if (underway === undefined) return begin();
      // The one under way may have begun before the last commit; all who come meanwhile share the one behind it.
      next ??= underway.then(begin, begin);
      return next;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      if (underway === undefined) fs.closeSync(descriptor);
    },
  };
}

/** Moves the whole log into the database, which SQLite brings to the disk; false where a reader is in the way. */
function isMoved(database: DatabaseSync): boolean {
  const row = database.prepare('PRAGMA wal_checkpoint(FULL)').get();
  return row?.['busy'] === 0 && row['log'] === row['checkpointed'];
}
