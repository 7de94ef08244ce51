import type { DatabaseSync } from 'node:sqlite';
import { MeterError } from '../../errors.ts';
import { tokenColumnPairs } from './token-columns.ts';
import { inTransaction } from './transaction.ts';

const tokenColumnTypes = tokenColumnPairs
  .map(([field, column]) => `${column} ${field === 'audioSeconds' ? 'REAL' : 'INTEGER'}`)
  .join(', ');

/**
 * One step per schema version; step `n` leads from version `n` to `n + 1`. A step that was released is never changed, and
 * it takes nothing away that the version before reads or writes: a release uses a file that is one version newer as it is,
 * so that two releases may share a file while one takes over from the other.
 *
 * `seq` is the order of arrival. `usage_totals` holds one row per scope (0 everything, 1 records without a user, 2 one
 * user) and origin; it is written in the transaction of its records. All origins together are the sums over these rows:
 * `whole_calls` and `unpriced_calls` count a call in the row of the origin it came with first, `calls` in each of its
 * origins. `usage_hours` holds sums per scope (3 is one tenant), key, hour of the epoch and origin over the records up to
 * `usage_fold`, and the `seq` of each of them, in rows of their own per `part` of the table; it is written later, by whoever
 * comes to it.
 */
const migrations: readonly string[] = [
  `CREATE TABLE usage_records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, v INTEGER NOT NULL, kind TEXT NOT NULL,
    call_id TEXT NOT NULL, attempt INTEGER NOT NULL, started_at INTEGER NOT NULL, first_chunk_at INTEGER,
    ended_at INTEGER NOT NULL, provider TEXT NOT NULL, operation TEXT NOT NULL, request_model TEXT, response_model TEXT,
    service_tier TEXT, response_id TEXT, request_id TEXT, streamed INTEGER NOT NULL, outcome TEXT NOT NULL,
    origin TEXT NOT NULL, unpriced INTEGER NOT NULL, ${tokenColumnTypes}, pico_usd INTEGER, cost_basis TEXT NOT NULL,
    computed_pico_usd INTEGER, card_id TEXT, price_version TEXT, user_id TEXT, tenant_id TEXT, conversation_id TEXT,
    message_id TEXT, tags TEXT, raw_usage TEXT);
  CREATE INDEX usage_by_call ON usage_records (call_id, user_id, origin, unpriced);
  CREATE INDEX usage_by_user ON usage_records (user_id, started_at);
  CREATE INDEX usage_by_user_arrival ON usage_records (user_id);
  CREATE INDEX usage_by_time ON usage_records (started_at);
  CREATE INDEX usage_by_tenant ON usage_records (tenant_id, started_at) WHERE tenant_id IS NOT NULL;
  CREATE INDEX usage_by_conversation ON usage_records (conversation_id, started_at) WHERE conversation_id IS NOT NULL;
  CREATE INDEX usage_by_message ON usage_records (message_id, started_at) WHERE message_id IS NOT NULL;
  CREATE TABLE usage_totals (
    scope INTEGER NOT NULL, user_id TEXT NOT NULL, origin TEXT NOT NULL, records INTEGER NOT NULL,
    calls INTEGER NOT NULL, unpriced_calls INTEGER NOT NULL, ${tokenColumnTypes}, pico_high INTEGER NOT NULL,
    pico_low INTEGER NOT NULL, PRIMARY KEY (scope, user_id, origin)) WITHOUT ROWID;`,
  // What a record costs is mostly its entries in indexes: one by user is enough (`records` puts few of them into order by
  // itself), and one by call needs no more than the call.
  `DROP INDEX usage_by_user_arrival;
  DROP INDEX usage_by_call;
  CREATE INDEX usage_by_call ON usage_records (call_id);`,
  // The first attempt of a call names it: with its id in the index of ids, only retries need one by call. One row of totals
  // is written per record instead of two.
  `DROP INDEX usage_by_call;
  CREATE INDEX usage_by_retry ON usage_records (call_id) WHERE call_id <> id;
  ALTER TABLE usage_totals ADD COLUMN whole_calls INTEGER NOT NULL DEFAULT 0;
  UPDATE usage_totals AS share SET (whole_calls, unpriced_calls) = (SELECT calls, unpriced_calls FROM usage_totals AS whole
    WHERE whole.scope = share.scope AND whole.user_id = share.user_id AND whole.origin = '')
    WHERE origin = (SELECT min(origin) FROM usage_totals AS other
      WHERE other.scope = share.scope AND other.user_id = share.user_id AND other.origin <> '');
  DELETE FROM usage_totals WHERE origin = '';`,
  // The entries of a user and of a tenant are spread over as many pages as there are users: for every record a page was
  // written. Sums per hour, with the places of their records, are written for many records at once instead. Nothing that
  // knows version 3 alone was published; it would look for the index of users.
  `CREATE TABLE usage_hours (
    scope INTEGER NOT NULL, key TEXT NOT NULL, hour INTEGER NOT NULL, origin TEXT NOT NULL, part INTEGER NOT NULL,
    records INTEGER NOT NULL, unpriced INTEGER NOT NULL, ${tokenColumnTypes}, pico_high INTEGER NOT NULL,
    pico_low INTEGER NOT NULL, seqs TEXT NOT NULL, PRIMARY KEY (scope, key, hour, origin, part)) WITHOUT ROWID;
  CREATE TABLE usage_fold (seq INTEGER NOT NULL);
  INSERT INTO usage_fold VALUES (0);
  CREATE INDEX usage_by_retry_time ON usage_records (started_at, user_id, tenant_id, call_id) WHERE call_id <> id;
  DROP INDEX usage_by_user;
  DROP INDEX usage_by_tenant;`,
];

/** The version this release writes. */
export const schemaVersion = migrations.length;

/** The newest version this release can use, see `migrations`. */
export const newestUsableVersion = schemaVersion + 1;

/**
 * Brings an open database to the schema of this version, in one transaction.
 *
 * @throws {@link MeterError} `unsupported` when the file was written by a schema this release cannot use.
 */
export function migrate(database: DatabaseSync, path: string): void {
  const found = storedVersion(database);
  if (found === schemaVersion || found === newestUsableVersion) return;
  inTransaction(database, () => {
    // Read again: another process may have come first.
    const version = storedVersion(database);
    if (version > newestUsableVersion) {
      throw new MeterError(
        'unsupported',
        `sqliteStore: "${path}" has schema version ${version}, this release can use up to ${newestUsableVersion}; ` +
          'use the release that wrote it, or a newer one',
      );
    }
    for (const step of migrations.slice(version)) database.exec(step);
    if (version < schemaVersion) database.exec(`PRAGMA user_version = ${schemaVersion}`);
  });
}

/** The version of the schema that a file has; 0 where it has none. */
export function storedVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}
