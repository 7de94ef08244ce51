import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import type { UsageStore } from '../../src/storage/usage-store.ts';
import { mixedRecords } from '../../src/testing/conformance/mixed-records.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

const counts = ['input', 'output', 'total', 'cache_read_input', 'cache_write_input', 'reasoning_output', 'audio_input']
  .concat('audio_output')
  .map((name) => `${name}_tokens`)
  .concat('audio_seconds');
const summed = ['records', 'unpriced_calls', 'pico_high', 'pico_low', ...counts];

/** Makes a file what schema version 3 left: indexes of users and tenants in place of sums of hours. */
const backToVersion3 = `
  DROP TABLE usage_hours;
  DROP TABLE usage_fold;
  DROP INDEX usage_by_retry_time;
  CREATE INDEX usage_by_user ON usage_records (user_id, started_at);
  CREATE INDEX usage_by_tenant ON usage_records (tenant_id, started_at) WHERE tenant_id IS NOT NULL;
  PRAGMA user_version = 3`;

/** Makes a file what schema version 2 left: totals over all origins in a row of their own, an index of all calls. */
const backToVersion2 = `${backToVersion3};
  INSERT INTO usage_totals (scope, user_id, origin, calls, ${summed.join(', ')})
    SELECT scope, user_id, '', sum(whole_calls), ${summed.map((column) => `sum(${column})`).join(', ')}
    FROM usage_totals GROUP BY scope, user_id;
  UPDATE usage_totals SET unpriced_calls = 0 WHERE origin <> '';
  ALTER TABLE usage_totals DROP COLUMN whole_calls;
  DROP INDEX usage_by_retry;
  CREATE INDEX usage_by_call ON usage_records (call_id);
  PRAGMA user_version = 2`;

/** And what version 1 left: other indexes again. */
const backToVersion1 = `${backToVersion2};
  DROP INDEX usage_by_call;
  CREATE INDEX usage_by_call ON usage_records (call_id, user_id, origin, unpriced);
  CREATE INDEX usage_by_user_arrival ON usage_records (user_id);
  PRAGMA user_version = 1`;

const olderVersions: readonly (readonly [version: number, back: string])[] = [
  [1, backToVersion1],
  [2, backToVersion2],
  [3, backToVersion3],
];

const records = mixedRecords(300, [new Date('2026-10-25T00:30:00Z'), new Date('2026-11-01T05:59:00Z')]);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kilotoken-sqlite-'));
  path = join(folder, 'usage.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it.for(olderVersions)(
  'a file of version %i keeps its records, cursors and totals, and takes more',
  async ([, back]) => {
    const before = sqliteStore({ path });
    await before.append(records);
    const contents = await contentsOf(before);
    await before.close();
    change(back);

    const after = sqliteStore({ path });
    expect(await contentsOf(after)).toEqual(contents);
    expect(await after.append([...records, usageRecord({ id: 'later', attribution: { userId: 'late' } })])).toEqual({
      inserted: 1,
      duplicates: records.length,
    });
    expect(await after.userTotals('late')).toMatchObject({ calls: 1, rev: 1 });
    await after.close();
  },
);

it.for(olderVersions)('a file of version %i ends up like one that was made anew', async ([, back]) => {
  for (const name of ['old', 'new']) {
    const store = sqliteStore({ path: join(folder, name) });
    // oxlint-disable-next-line no-await-in-loop -- one file after the other
    await store.append([usageRecord()]);
    // oxlint-disable-next-line no-await-in-loop -- see above
    await store.close();
  }
  path = join(folder, 'old');
  change(back);
  const store = sqliteStore({ path });
  await store.totals({});
  await store.close();
  expect(schemaOf(path)).toEqual(schemaOf(join(folder, 'new')));
});

it('a file that is one version newer is used as it is, and one of two versions more is not', async () => {
  const before = sqliteStore({ path });
  await before.append(records);
  const contents = await contentsOf(before);
  await before.close();
  const { version } = schemaOf(path) as { readonly version: { readonly user_version: number } };
  change(
    `ALTER TABLE usage_records ADD COLUMN of_a_later_release TEXT; PRAGMA user_version = ${version.user_version + 1}`,
  );

  const neighbour = sqliteStore({ path });
  expect(await contentsOf(neighbour)).toEqual(contents);
  expect(await neighbour.append([usageRecord({ id: 'of the older release' })])).toEqual({ inserted: 1, duplicates: 0 });
  await neighbour.close();
  expect(schemaOf(path)).toMatchObject({ version: { user_version: version.user_version + 1 } });

  change(`PRAGMA user_version = ${version.user_version + 2}`);
  const stranger = sqliteStore({ path });
  await expect(stranger.totals({})).rejects.toMatchObject({ code: 'unsupported' });
  await stranger.close();
});

async function contentsOf(store: UsageStore): Promise<unknown> {
  const seen = [];
  for await (const record of store.records({})) seen.push(record);
  return { seen, totals: await store.totals({}), series: await store.series({ bucket: 'day', by: 'user' }) };
}

function change(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function schemaOf(file: string): unknown {
  const database = new DatabaseSync(file);
  const schema = database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();
  const version = database.prepare('PRAGMA user_version').get();
  database.close();
  return { schema, version };
}
