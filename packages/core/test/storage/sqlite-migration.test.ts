import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import type { UsageStore } from '../../src/storage/usage-store.ts';
import { mixedRecords } from '../../src/testing/conformance/mixed-records.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

/** Makes a file what the release with schema version 1 left: the same tables, other indexes. */
const backToVersion1 = `
  DROP INDEX usage_by_call;
  CREATE INDEX usage_by_call ON usage_records (call_id, user_id, origin, unpriced);
  CREATE INDEX usage_by_user_arrival ON usage_records (user_id);
  PRAGMA user_version = 1`;

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

it('a file of schema version 1 keeps its records, cursors and totals, and takes more', async () => {
  const before = sqliteStore({ path });
  await before.append(records);
  const contents = await contentsOf(before);
  await before.close();
  change(backToVersion1);

  const after = sqliteStore({ path });
  expect(await contentsOf(after)).toEqual(contents);
  expect(await after.append([...records, usageRecord({ id: 'later', attribution: { userId: 'late' } })])).toEqual({
    inserted: 1,
    duplicates: records.length,
  });
  expect(await after.userTotals('late')).toMatchObject({ calls: 1, rev: 1 });
  await after.close();
});

it('a file of schema version 1 ends up like one that was made anew', async () => {
  for (const name of ['old', 'new']) {
    const store = sqliteStore({ path: join(folder, name) });
    // oxlint-disable-next-line no-await-in-loop -- one file after the other
    await store.append([usageRecord()]);
    // oxlint-disable-next-line no-await-in-loop -- see above
    await store.close();
  }
  path = join(folder, 'old');
  change(backToVersion1);
  const store = sqliteStore({ path });
  await store.totals({});
  await store.close();
  expect(schemaOf(path)).toEqual(schemaOf(join(folder, 'new')));
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
