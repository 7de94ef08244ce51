import type * as sqliteNamespace from 'node:sqlite';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { MeterError, isMeterError } from '../../errors.ts';
import { absolutePath } from '../../node/absolute-path.ts';
import { builtinModule } from '../../node/builtin-module.ts';
import { sqliteModule } from '../../node/sqlite-module.ts';
import { migrate } from './schema.ts';
import { FileGone, openWriteAheadLog } from './write-ahead-log.ts';
import type { SyncFile, WriteAheadLog } from './write-ahead-log.ts';

type SqliteModule = typeof sqliteNamespace;

const maxCachedStatements = 200;
const maxBackoffMs = 20;

/** One row as `node:sqlite` returns it. */
export type Row = Record<string, SQLOutputValue>;

/** A prepared statement by its text; `bigints` makes it return all integers as bigint, for sums beyond 2^53. */
export type Prepare = (sql: string, integers?: 'numbers' | 'bigints') => StatementSync;

/** A database file that is opened by its first use. */
export interface Connection {
  /**
   * Runs synchronous work on the open database, again after a pause where another process holds the lock. The pause
   * never blocks the event loop.
   *
   * @throws {@link MeterError} `store_failed` when SQLite fails, or the lock was not free within the time allowed;
   * `closed` after `close`.
   */
  use<T>(work: (prepare: Prepare, database: DatabaseSync) => T): Promise<T>;
  /**
   * Resolves when everything that was committed before is on the disk, whichever process committed it.
   *
   * @throws {@link MeterError} `store_failed` when the disk did not take it, or when the file was deleted or replaced
   * meanwhile: the next use opens what is under its name then, or makes it.
   */
  whenDurable(): Promise<void>;
  /** Closes the file if it was opened, for good. */
  close(): void;
}

interface OpenFile {
  readonly database: DatabaseSync;
  readonly prepare: Prepare;
  readonly log: WriteAheadLog | undefined;
}

/** A connection that is written to. */
export interface WritableConnection extends Connection {
  /** How often the file was opened: another time it may be another file. */
  readonly openings: number;
  /**
   * Moves the log into the database file. It waits for the disk once on the event loop, for the file; for the log the wait
   * is over by then. Does nothing where SQLite keeps no log.
   */
  checkpoint(): Promise<void>;
}

/**
 * Prepares a connection without touching the file.
 *
 * @throws {@link MeterError} `unsupported` where the runtime has no `node:sqlite`.
 */
export function createConnection(path: string, busyTimeoutMs: number, syncFile?: SyncFile): WritableConnection {
  const sqlite = sqliteModule();
  if (sqlite === undefined) throw noSqlite();
  const place = isFileName(path) ? absolutePath(path) : path;
  let file: OpenFile | undefined;
  let isClosed = false;
  let openings = 0;

  const open = (): OpenFile => {
    const database = openDatabase(sqlite, place);
    openings += 1;
    const log = openWriteAheadLog(database, syncFile);
    // Then COMMIT itself does not wait for the disk; `whenDurable` does.
    database.exec(`PRAGMA synchronous = ${log === undefined ? 'FULL' : 'NORMAL'}`);
    return { database, log, prepare: preparedBy(database) };
  };

  const closeFile = (): void => {
    file?.log?.close();
    file?.database.close();
    file = undefined;
  };

  const syncLog = async (): Promise<void> => {
    const synced = file;
    try {
      await synced?.log?.sync();
    } catch (error) {
      // Several may have waited for it, and the first of them has opened another one.
      if (error instanceof FileGone && file === synced) closeFile();
      throw error;
    }
  };

  const connection: WritableConnection = {
    get openings() {
      return openings;
    },
    async use(work) {
      const deadline = performance.now() + busyTimeoutMs;
      for (let attempt = 0; ; attempt += 1) {
        // Also after a pause: a store that was closed meanwhile must not open its file again.
        if (isClosed) throw new MeterError('closed', `sqliteStore "${path}": used after close()`);
        try {
          file ??= open();
          return work(file.prepare, file.database);
        } catch (error) {
          if (isMeterError(error)) throw error;
          if (!isBusy(error) || performance.now() >= deadline) throw failure(path, error);
        }
        const longest = Math.min(2 ** attempt, maxBackoffMs);
        // oxlint-disable-next-line no-await-in-loop -- the pause is the point
        await pause(longest * (0.5 + Math.random() / 2));
      }
    },
    async whenDurable() {
      try {
        await syncLog();
      } catch (error) {
        throw failure(path, error);
      }
    },
    async checkpoint() {
      if (file?.log === undefined) return;
      await syncLog();
      await connection.use((prepare) => prepare('PRAGMA wal_checkpoint(PASSIVE)').get());
    },
    close() {
      isClosed = true;
      closeFile();
    },
  };
  return connection;
}

/** True where SQLite refused because another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  const code = sqliteErrorCode(error);
  return code === 5 || code === 6;
}

/** The primary result code of an SQLite error; undefined for other errors. */
export function sqliteErrorCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  // Deno leaves the number out where a whole script failed.
  if (!('errcode' in error)) return error.message.startsWith('database is locked') ? 5 : undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Prepares each statement of a database once, as long as there are not too many. */
export function preparedBy(database: DatabaseSync): Prepare {
  const statements = { numbers: new Map<string, StatementSync>(), bigints: new Map<string, StatementSync>() };
  return (sql, integers = 'numbers') => {
    const prepared = statements[integers];
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    if (prepared.size >= maxCachedStatements) prepared.clear();
    const statement = database.prepare(sql);
    if (integers === 'bigints') statement.setReadBigInts(true);
    prepared.set(sql, statement);
    return statement;
  };
}

function openDatabase(sqlite: SqliteModule, path: string): DatabaseSync {
  makePrivate(path);
  const database = new sqlite.DatabaseSync(path);
  try {
    // busy_timeout would sleep on the event loop; `use` waits instead.
    database.exec('PRAGMA busy_timeout = 0');
    database.exec('PRAGMA journal_mode = WAL');
    // The writer moves the log into the file earlier than that; this is for what it cannot see.
    database.exec('PRAGMA wal_autocheckpoint = 2000');
    // At most 16 MiB, filled by what is read and written: a month of one user is spread over thousands of pages.
    database.exec('PRAGMA cache_size = -16384');
    migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Makes a new file that nobody else on the machine can read; SQLite gives its log the same mode. One that is there is left as
 * it is, and not even opened: to close it would drop the locks that this process has on it (POSIX).
 *
 * @throws what the file system throws: SQLite says less, and ignores Node's permission model.
 */
function makePrivate(path: string): void {
  if (!isFileName(path)) return;
  try {
    const fs = builtinModule('node:fs');
    fs?.closeSync(fs.openSync(path, 'ax', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** Otherwise a file by this name would be another one than SQLite's. */
function isFileName(path: string): boolean {
  return path !== ':memory:' && !path.startsWith('file:');
}

function failure(path: string, cause: unknown): MeterError {
  const reason = isBusy(cause)
    ? 'another process kept it locked'
    : cause instanceof Error
      ? cause.message
      : String(cause);
  return new MeterError('store_failed', `sqliteStore: "${path}" could not be used: ${reason}`, { cause });
}

function noSqlite(): MeterError {
  return new MeterError('unsupported', 'sqliteStore needs node:sqlite (Node 22.13 or later); this runtime has none');
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
