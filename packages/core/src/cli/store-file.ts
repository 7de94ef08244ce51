import type { DatabaseSync } from 'node:sqlite';
import { MeterError, isMeterError } from '../errors.ts';
import { sqliteModule } from '../node/sqlite-module.ts';
import { preparedBy } from '../storage/sqlite/connection.ts';
import type { Connection, Prepare } from '../storage/sqlite/connection.ts';
import { openWriteAheadLog } from '../storage/sqlite/write-ahead-log.ts';
import { newestUsableVersion, schemaVersion, storedVersion } from '../storage/sqlite/schema.ts';

const busyTimeoutMs = 10_000;

/** The file of a `sqliteStore`, opened to be looked at. */
export interface StoreFile extends Connection {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly prepare: Prepare;
  readonly schemaVersion: number;
}

/**
 * Opens a store that exists and is ours: a mistyped path makes no file, and no tables in somebody else's. Nothing can
 * be written through it, and apps may go on writing meanwhile.
 *
 * @throws {@link MeterError} `invalid_options` where there is no such store, `unsupported` where another release wrote
 * it or the runtime has no `node:sqlite`, `store_failed` where SQLite cannot read it.
 */
export function openStoreFile(path: string): StoreFile {
  const sqlite = sqliteModule();
  if (sqlite === undefined) throw new MeterError('unsupported', 'needs node:sqlite (Node 22.13 or later)');
  const fs = process.getBuiltinModule('node:fs');
  if (fs.statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new MeterError('invalid_options', `--store "${path}": there is no such file`);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(path);
    // Not opened read-only: then nobody would tidy up the write-ahead log behind us.
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    database.exec('PRAGMA query_only = ON');
    checkSchema(database, path);
    return storeFile(path, database);
  } catch (cause) {
    database?.close();
    if (isMeterError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MeterError('store_failed', `--store "${path}" cannot be read: ${reason}`, { cause });
  }
}

function storeFile(path: string, database: DatabaseSync): StoreFile {
  const prepare = preparedBy(database);
  const log = openWriteAheadLog(database);
  return {
    path,
    database,
    prepare,
    schemaVersion: storedVersion(database),
    use: async (work) => work(prepare, database),
    whenDurable: async () => log?.sync(),
    close() {
      log?.close();
      database.close();
    },
  };
}

function checkSchema(database: DatabaseSync, path: string): void {
  const table = database.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'usage_records'`).get();
  const version = storedVersion(database);
  if (table === undefined || version === 0) {
    throw new MeterError('invalid_options', `--store "${path}": the file holds no usage records`);
  }
  if (version === schemaVersion || version === newestUsableVersion) return;
  const advice =
    version > schemaVersion
      ? 'use the release that wrote it, or a newer one'
      : 'open it once with sqliteStore, which upgrades it';
  throw new MeterError(
    'unsupported',
    `--store "${path}" has schema version ${version}, this release reads ${schemaVersion} and ${newestUsableVersion}; ${advice}`,
  );
}
