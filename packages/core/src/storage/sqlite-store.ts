import { MeterError } from '../errors.ts';
import { isDiskVanishing } from '../node/vanishing-disk.ts';
import { checkNames, invalidOption, wrongOption } from '../wrong-option.ts';
import { createConnection } from './sqlite/connection.ts';
import { readRecords } from './sqlite/read/read-records.ts';
import { readSeries } from './sqlite/read/read-series.ts';
import { readTotals } from './sqlite/read/read-totals.ts';
import { createWriter } from './sqlite/write/writer.ts';
import { checkRecordsQuery, checkSeriesQuery, checkUsageQuery, checkUserId } from './usage-query.ts';
import type { UsageStore } from './usage-store.ts';

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * The database file, created on first use with mode 0600. Its folder must exist; a relative path is taken from the working directory
   * at creation. `:memory:` keeps everything in this process.
   */
  readonly path: string;
  /**
   * Accepts that the file may be lost. Required on Vercel and AWS Lambda, whose disks vanish with the instance.
   * Default `false`.
   */
  readonly ephemeral?: boolean;
  /**
   * How long a method waits for a lock that another process holds, without blocking the event loop, before it fails with
   * `store_failed`. In milliseconds, 0 or more. Default 10000.
   */
  readonly busyTimeoutMs?: number;
}

/**
 * A durable store in one SQLite file, built on `node:sqlite` (Node 22.13 or later). Needs no database server.
 *
 * Several processes of one machine may use the same file. Nothing is opened or written before the first use. `append` resolves
 * when the data has reached the disk (the write-ahead log is flushed off the event loop), and splits large batches into
 * transactions of about 4 ms. The totals of every user are updated in the same transactions, so `userTotals`, and `totals` of a
 * user, read only a few rows. Totals and series of a user, a tenant or everything over a time range read one row per hour. Other
 * queries read the matching records.
 *
 * @throws {@link MeterError} `invalid_options` for a wrong option, and on Vercel or Lambda without `ephemeral`.
 * `unsupported` if the runtime has no `node:sqlite`. Methods reject with `store_failed` if the file cannot be used, and with
 * `unsupported` if a newer release wrote it.
 * @example
 * ```ts
 * const store = sqliteStore({ path: 'usage.db' });
 * const meter = createMeter({ store });
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): UsageStore & Required<Pick<UsageStore, 'userTotals'>> {
  const { path, ephemeral, busyTimeoutMs } = checkOptions(options);
  const isInMemory = path === ':memory:';
  const connection = createConnection(path, busyTimeoutMs);
  const writer = createWriter(connection);
  let closing: Promise<void> | undefined;

  const checkOpen = (): void => {
    if (closing !== undefined) throw new MeterError('closed', `sqliteStore "${path}": used after close()`);
  };

  return {
    capabilities: { durable: !isInMemory && !ephemeral, shared: !isInMemory },
    async append(records) {
      checkOpen();
      if (!Array.isArray(records)) throw new MeterError('invalid_options', 'append: expected an array of records');
      return records.length === 0 ? { inserted: 0, duplicates: 0 } : writer.append(records);
    },
    async totals(query) {
      checkOpen();
      checkUsageQuery(query);
      await writer.whenReadable();
      return connection.use((prepare, database) => readTotals(query, prepare, database));
    },
    async userTotals(userId) {
      checkOpen();
      checkUserId(userId);
      return connection.use((prepare, database) => readTotals({ userId }, prepare, database));
    },
    async series(query) {
      checkOpen();
      checkSeriesQuery(query);
      await writer.whenReadable();
      return readSeries(query, connection);
    },
    async *records(query) {
      checkOpen();
      checkRecordsQuery(query);
      await writer.whenReadable();
      for await (const record of readRecords(query, connection)) {
        yield record;
        checkOpen();
      }
    },
    close() {
      // Batches that were accepted before are finished first.
      closing ??= writer.idle().then(() => connection.close());
      return closing;
    },
  };
}

function checkOptions(options: SqliteStoreOptions): Required<SqliteStoreOptions> {
  checkNames('sqliteStore', '{ path }', options, ['path', 'ephemeral', 'busyTimeoutMs']);
  const { path, ephemeral = false, busyTimeoutMs = 10_000 } = options;
  if (typeof path !== 'string' || path === '') throw wrong('path', 'the name of a file, or ":memory:"', path);
  if (typeof ephemeral !== 'boolean') throw wrong('ephemeral', 'true or false', ephemeral);
  if (typeof busyTimeoutMs !== 'number' || !(busyTimeoutMs >= 0)) {
    throw wrong('busyTimeoutMs', 'a number of milliseconds, 0 or more', busyTimeoutMs);
  }
  if (isDiskVanishing() && path !== ':memory:' && !ephemeral) {
    throw invalidOption(
      'sqliteStore',
      `path "${path}" is on a disk that vanishes with this serverless instance; use a shared store such as mongoStore, ` +
        'or pass ephemeral: true if losing the records is fine',
    );
  }
  return { path, ephemeral, busyTimeoutMs };
}

function wrong(name: string, expected: string, value: unknown): MeterError {
  return wrongOption('sqliteStore', name, expected, value);
}
