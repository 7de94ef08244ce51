import { tokenUsageFields } from '@kilotoken/core';
import type { AppendResult, UsageQuery, UsageRecord, UsageStore } from '@kilotoken/core';
import {
  checkRecordsQuery,
  checkSeriesQuery,
  checkUsageQuery,
  compareGroups,
  isUnpriced,
  MeterError,
  originShares,
  pointGroup,
  readableRecord,
  recordId,
  storableRecord,
  timeBuckets,
  tokenTotals,
  usagePoint,
  usageTotals,
} from '@kilotoken/core/store-kit';
import type { StorableRecord } from '@kilotoken/core/store-kit';

/** A pool of `pg`, a PGlite, or anything else with such a `query`. It stays the app's: the store never closes it. */
export interface Postgres {
  query(sql: string, values?: unknown[]): Promise<{ readonly rows: readonly object[] }>;
}

type Row = Readonly<Record<string, string | null>>;

/** The columns beside `sequence`, their types, and what of a record goes there. */
const columns: readonly (readonly [name: string, type: string, value: (record: StorableRecord) => unknown])[] = [
  ['id', 'text', ({ fields }) => fields.id],
  ['call_id', 'text', ({ fields }) => fields.callId],
  ['started_ms', 'bigint', ({ fields }) => fields.startedAt.getTime()],
  ['origin', 'text', ({ fields }) => fields.origin],
  ['user_id', 'text', ({ fields }) => fields.attribution.userId],
  ['tenant_id', 'text', ({ fields }) => fields.attribution.tenantId],
  ['conversation_id', 'text', ({ fields }) => fields.attribution.conversationId],
  ['message_id', 'text', ({ fields }) => fields.attribution.messageId],
  ['model', 'text', ({ fields }) => fields.responseModel ?? fields.requestModel],
  ['tags', 'jsonb', ({ fields }) => fields.attribution.tags && JSON.stringify(fields.attribution.tags)],
  ...tokenUsageFields.map(
    (field) =>
      [
        `"${field}"`,
        field === 'audioSeconds' ? 'float8' : 'bigint',
        ({ fields }: StorableRecord) => fields.tokens[field],
      ] as const,
  ),
  ['pico_usd', 'bigint', ({ fields }) => fields.cost.picoUsd],
  ['is_unpriced', 'boolean', ({ fields }) => isUnpriced(fields)],
  ['fields', 'text', ({ fields }) => JSON.stringify(fields)],
  ['raw_usage', 'text', ({ rawUsageJson }) => rawUsageJson],
];

// One statement, so that it is atomic without a transaction; under a lock, since two processes may start at once. The
// indexes are hashed, since a btree takes no more than 2,700 bytes and an id may be any text.
const lock = 'pg_advisory_xact_lock(5270498306)';
const schema = `DO $$ BEGIN
  PERFORM ${lock};
  CREATE TABLE IF NOT EXISTS usage_records (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ${columns.map(([name, type]) => `${name} ${type}`).join(', ')});
  CREATE UNIQUE INDEX IF NOT EXISTS usage_records_id ON usage_records (md5(id));
  CREATE INDEX IF NOT EXISTS usage_records_user ON usage_records USING hash (user_id);
  CREATE INDEX IF NOT EXISTS usage_records_message ON usage_records USING hash (message_id);
  CREATE INDEX IF NOT EXISTS usage_records_started ON usage_records (started_ms);
END $$`;

// Writers wait for each other, so that records become visible in the order of their sequence: otherwise a reader's cursor
// could pass a record that is committed later. Values travel as text, which every driver sends alike.
const insert = `WITH writing AS MATERIALIZED (SELECT ${lock})
  INSERT INTO usage_records (${columns.map(([name]) => name).join(', ')})
  SELECT ${columns.map(([, type], at) => `batch.c${at}::${type}`).join(', ')}
  FROM writing, unnest(${columns.map((_, at) => `$${at + 1}::text[]`).join(', ')})
    WITH ORDINALITY AS batch (${columns.map((_, at) => `c${at}`).join(', ')}, place)
  ORDER BY batch.place
  ON CONFLICT (md5(id)) DO NOTHING RETURNING 1`;

const sums = `count(DISTINCT call_id)::text AS calls, coalesce(sum(pico_usd), 0)::text AS pico_usd,
  ${tokenUsageFields.map((field) => `sum("${field}")::text AS "${field}"`).join(', ')}`;

/** Usage records in one table of a Postgres database (11 or later), made on first use. */
export function postgresStore(postgres: Postgres): UsageStore {
  const underway = new Set<Promise<unknown>>();
  let ready: Promise<unknown> | undefined;
  let isClosed = false;

  const checkOpen = (): void => {
    if (isClosed) throw new MeterError('closed', 'postgresStore: used after close()');
  };

  return {
    capabilities: { durable: true, shared: true },
    append(records) {
      const appending = append(records).finally(() => underway.delete(appending));
      underway.add(appending);
      return appending;
    },
    async totals(query) {
      checkUsageQuery(query);
      const values: unknown[] = [];
      const ofUser = query.userId === undefined ? {} : { userId: query.userId };
      const rows = await ask(
        `SELECT origin, ${sums}, count(DISTINCT call_id) FILTER (WHERE is_unpriced)::text AS unpriced,
           (SELECT count(*)::text FROM usage_records WHERE ${condition(ofUser, values)}) AS rev
         FROM usage_records WHERE ${condition(query, values)} GROUP BY GROUPING SETS ((), (origin))`,
        values,
      );
      const whole = rows.find(({ origin }) => origin === null) ?? {};
      return usageTotals({
        ...sumsOf(whole),
        byOrigin: originShares(rows.flatMap((row) => (row['origin'] ? [[row['origin'], sumsOf(row)] as const] : []))),
        unpricedCalls: Number(whole['unpriced']),
        rev: Number(whole['rev']),
      });
    },
    async series(query) {
      checkSeriesQuery(query);
      const values: unknown[] = [];
      const where = condition(query, values);
      const quarters = await ask(
        `SELECT DISTINCT floor(started_ms / 900000.0)::text AS quarter FROM usage_records WHERE ${where}`,
        values,
      );
      // Where a day begins in a zone, also when its clocks change, is what `timeBuckets` knows.
      const buckets = timeBuckets(query.bucket, query.timeZone);
      const ends = new Map<number, number>();
      for (const { quarter } of quarters) {
        for (const instant of [Number(quarter) * 900_000, Number(quarter) * 900_000 + 899_999]) {
          const { start, end } = buckets.spanOf(instant);
          ends.set(start, end);
        }
      }
      const stops = values.push([...ends.keys()].map(String), [...ends.values()].map(String));
      const group = query.by === undefined ? 'NULL' : query.by === 'model' ? 'model' : `${query.by}_id`;
      const rows = await ask(
        `SELECT bucket.start, ${group} AS key, ${sums}
         FROM unnest($${stops - 1}::text[], $${stops}::text[]) AS bucket (start, stop)
         JOIN usage_records ON started_ms >= bucket.start::bigint AND started_ms < bucket.stop::bigint
         WHERE ${where} GROUP BY 1, 2`,
        values,
      );
      return rows
        .map((row) => ({ at: new Date(Number(row['start'])), key: row['key'] ?? undefined, ...sumsOf(row) }))
        .toSorted((a, b) => a.at.getTime() - b.at.getTime() || compareGroups(a.key, b.key))
        .map(({ key, ...point }) => usagePoint({ ...point, ...pointGroup(query.by, key) }));
    },
    async *records(query) {
      checkRecordsQuery(query);
      const isNewest = query.order === 'newest';
      let after = query.after ?? (isNewest ? '9223372036854775807' : '0');
      let left = query.limit ?? Infinity;
      while (left > 0) {
        const size = Math.min(left, 200);
        const values: unknown[] = [after, size];
        const page = await ask(
          `SELECT sequence::text AS cursor, fields, raw_usage FROM usage_records
           WHERE sequence ${isNewest ? '<' : '>'} $1::bigint AND ${condition(query, values)}
           ORDER BY sequence ${isNewest ? 'DESC' : 'ASC'} LIMIT $2::int`,
          values,
        );
        for (const row of page) {
          after = row['cursor'] ?? after;
          yield { ...recordOf(row), cursor: after };
          checkOpen();
        }
        left = page.length < size ? 0 : left - size;
      }
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(underway);
    },
  };

  async function ask(sql: string, values: unknown[] = []): Promise<readonly Row[]> {
    checkOpen();
    ready ??= postgres.query(schema);
    try {
      await ready;
    } catch (error) {
      ready = undefined;
      throw error;
    }
    return (await postgres.query(sql, values)).rows as readonly Row[];
  }

  async function append(records: readonly UsageRecord[]): Promise<AppendResult> {
    const rejected: { id: string; error: Error }[] = [];
    const storable: StorableRecord[] = [];
    for (const record of records) {
      try {
        storable.push(withStorableText(storableRecord(record)));
      } catch (error) {
        rejected.push({ id: recordId(record), error: error as Error });
      }
    }
    const values = columns.map(([, , value]) => storable.map((record) => value(record)?.toString() ?? null));
    const rows = await ask(insert, values);
    const result = { inserted: rows.length, duplicates: storable.length - rows.length };
    return rejected.length === 0 ? result : { ...result, rejected };
  }
}

/** What Postgres can never store must be refused, or it would be sent again for ever. */
function withStorableText(record: StorableRecord): StorableRecord {
  const { id, callId, requestModel, responseModel, attribution } = record.fields;
  const texts = [id, callId, requestModel, responseModel, ...Object.values(attribution).flatMap(textsOf)];
  if (!texts.some((text) => /[\0\p{Surrogate}]/u.test(text ?? ''))) return record;
  throw new MeterError('record_rejected', `Postgres has no text like that of record "${id}"`);
}

function textsOf(value: string | Readonly<Record<string, string>>): readonly string[] {
  return typeof value === 'string' ? [value] : Object.entries(value).flat();
}

/** The query as SQL; its values are added to `values`. */
function condition(query: UsageQuery, values: unknown[]): string {
  const parts = ['true'];
  const add = (left: string, value: string | undefined, type = 'text'): void => {
    if (value !== undefined) parts.push(`${left} $${values.push(value)}::${type}`);
  };
  if (query.userId === null) parts.push('user_id IS NULL');
  else add('user_id =', query.userId);
  add('tenant_id =', query.tenantId);
  add('conversation_id =', query.conversationId);
  add('message_id =', query.messageId);
  add('model =', query.model);
  if (Object.keys(query.tags ?? {}).length > 0) add('tags @>', JSON.stringify(query.tags), 'jsonb');
  add('started_ms >=', query.from?.getTime().toString(), 'bigint');
  add('started_ms <', query.to?.getTime().toString(), 'bigint');
  return parts.join(' AND ');
}

function sumsOf(row: Row) {
  const counts = tokenUsageFields.flatMap((field) =>
    row[field] == null ? [] : [[field, Number(row[field])] as const],
  );
  return {
    calls: Number(row['calls']),
    tokens: tokenTotals(Object.fromEntries(counts)),
    picoUsd: BigInt(row['pico_usd'] ?? 0),
  };
}

function recordOf({ fields: json, raw_usage: rawUsageJson }: Row): UsageRecord {
  const fields = JSON.parse(json ?? '') as StorableRecord['fields'];
  // `readableRecord` makes dates of what JSON made texts.
  return readableRecord(rawUsageJson == null ? { fields } : { fields, rawUsageJson });
}
