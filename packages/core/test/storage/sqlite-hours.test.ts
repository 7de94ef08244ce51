import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import type { SeriesQuery, UsageQuery, UsageStore } from '../../src/storage/usage-store.ts';
import {
  expectedIds,
  expectedSeries,
  expectedTotals,
  inFixedOrder,
  jsonOf,
} from '../../src/testing/conformance/expected-usage.ts';
import { mixedRecords } from '../../src/testing/conformance/mixed-records.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { usageStoreConformance } from '../../src/testing/conformance/usage-store-conformance.ts';
import { foldAll } from './fold-all.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kilotoken-sqlite-'));
  path = join(folder, 'usage.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a store whose hours are folded by another process after every second append', () => {
  it.for(usageStoreConformance)('$name', ({ run }) => {
    const open = (): UsageStore => {
      const store = sqliteStore({ path });
      let appends = 0;
      return {
        ...store,
        async append(records) {
          const result = await store.append(records);
          appends += 1;
          if (appends % 2 === 1) await foldAll(path);
          return result;
        },
      };
    };
    return run(open, { openAgain: open });
  });
});

/** On whole hours, a millisecond beside them, inside of them, before 1970. */
const instants = [-3_600_001, -1, 0, 1, 1_800_000, 3_599_999, 3_600_000, 5_400_000, 7_200_001, 90_000_000].map(
  (instant) => new Date(instant),
);
const bounds = [undefined, -3_600_000, 0, 1, 1_800_000, 3_600_000, 7_200_001, 90_000_001].map((instant) =>
  instant === undefined ? undefined : new Date(instant),
);
const owners: readonly UsageQuery[] = [
  {},
  { userId: 'user-1' },
  { userId: null },
  { tenantId: 'tenant-1' },
  { userId: 'user-2', tenantId: 'tenant-2' },
  { tenantId: 'tenant-2', model: 'model-a' },
  { userId: 'user-3', tags: { feature: 'chat' } },
];

/** How far the fold goes when the question is asked, as a part of all records. */
it.for([0, 0.5, 1])('every range of every owner is what its records say, %d of them folded', async (share) => {
  const records = mixedRecords(300, instants);
  const store = sqliteStore({ path });
  const border = Math.floor(records.length * share);
  await store.append(records.slice(0, border));
  await foldAll(path);
  await store.append(records.slice(border));
  for (const owner of owners) {
    for (const from of bounds) {
      for (const to of bounds) {
        const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
        // oxlint-disable-next-line no-await-in-loop -- one question after the other
        await checkTotals(store, records, { ...owner, ...range });
      }
    }
    // oxlint-disable-next-line no-await-in-loop -- see above
    await check(store, records, { ...owner, from: new Date(1), to: new Date(90_000_001) });
  }
  await store.close();
});

it('the hours are folded while records come, and lag behind by a bounded number', async () => {
  const records = mixedRecords(5000, instants);
  const store = sqliteStore({ path });
  for (let first = 0; first < records.length; first += 700) {
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    await store.append(records.slice(first, first + 700));
  }
  await store.close();
  expect(foldState().lag).toBeLessThan(3000);
  const again = sqliteStore({ path });
  for (const owner of owners) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    await checkTotals(again, records, { ...owner, from: new Date(1), to: new Date(7_200_000) });
  }
  await again.close();
});

it('records of a transaction that failed are in no hour', async () => {
  const store = sqliteStore({ path, busyTimeoutMs: 20 });
  const records = mixedRecords(2600, instants);
  await store.append(records.slice(0, 300));
  const other = new DatabaseSync(path);
  // Every transaction fails when it writes its totals, behind all of its records.
  other.exec(`CREATE TRIGGER fail BEFORE UPDATE ON usage_totals BEGIN SELECT RAISE(FAIL, 'not now'); END`);
  await expect(store.append(records.slice(300))).rejects.toMatchObject({ code: 'store_failed' });
  other.exec('DROP TRIGGER fail');
  other.close();
  await store.append(records.slice(300));
  expect(foldState().folded).toBeGreaterThan(0);
  await checkTotals(store, records, { from: new Date(0) });
  await checkTotals(store, records, { tenantId: 'tenant-1' });
  await store.close();
});

it('records come in and are read as they are where the hours cannot be written', async () => {
  const store = sqliteStore({ path });
  await store.totals({});
  const other = new DatabaseSync(path);
  other.exec(`CREATE TRIGGER fail BEFORE INSERT ON usage_hours BEGIN SELECT RAISE(FAIL, 'no'); END`);
  other.close();
  // Each of another user: more rows of hours than one fold writes.
  const records = Array.from({ length: 3000 }, (_, index) =>
    usageRecord({ id: `${index}`, attribution: { userId: `user-${index}` } }),
  );
  expect(await store.append(records)).toEqual({ inserted: 3000, duplicates: 0 });
  await checkTotals(store, records, { userId: 'user-7', from: new Date(0) });
  expect(foldState().folded).toBe(0);
  await store.close();
});

it('a file with many records that are not in hours yet is folded before it is read', async () => {
  const store = sqliteStore({ path });
  const records = mixedRecords(11_000, instants);
  await store.append(records);
  await store.close();
  const database = new DatabaseSync(path);
  database.exec('DELETE FROM usage_hours; UPDATE usage_fold SET seq = 0');
  database.close();
  const again = sqliteStore({ path });
  await checkTotals(again, records, { userId: 'user-1', from: new Date(0) });
  expect(foldState().lag).toBeLessThan(10_000);
  await again.close();
});

it('a list of records does not grow with the traffic of its hour', async () => {
  const store = sqliteStore({ path });
  const count = 21_000;
  await store.append(Array.from({ length: count }, (_, index) => usageRecord({ id: `${index}` })));
  await store.close();
  await foldAll(path);
  const database = new DatabaseSync(path);
  const lists = database.prepare('SELECT seqs FROM usage_hours WHERE scope = 2').all();
  database.close();
  expect(lists.length).toBe(3);
  expect(Math.max(...lists.map(({ seqs }) => String(seqs).split(',').length))).toBeLessThanOrEqual(10_001);
});

async function check(store: UsageStore, records: readonly UsageRecord[], query: UsageQuery): Promise<void> {
  await checkTotals(store, records, query);
  const questions: SeriesQuery[] = [
    { ...query, bucket: 'hour' },
    { ...query, bucket: 'day', timeZone: 'Asia/Kathmandu' },
    { ...query, bucket: 'month', by: 'model' },
  ];
  for (const question of questions) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    const points = jsonOf(await store.series(question)) as { at: unknown }[];
    expect(inFixedOrder(points), JSON.stringify(question)).toEqual(expectedSeries(records, question));
  }
  const ids = [];
  for await (const { id } of store.records({ ...query, order: 'newest' })) ids.push(id);
  expect(ids.toReversed(), JSON.stringify(query)).toEqual(expectedIds(records, query));
}

async function checkTotals(store: UsageStore, records: readonly UsageRecord[], query: UsageQuery): Promise<void> {
  expect(jsonOf(await store.totals(query)), JSON.stringify(query)).toEqual(expectedTotals(records, query));
}

function foldState(): { readonly folded: number; readonly lag: number } {
  const database = new DatabaseSync(path);
  const row = database
    .prepare('SELECT seq AS folded, (SELECT max(seq) FROM usage_records) - seq AS lag FROM usage_fold')
    .get();
  database.close();
  return { folded: Number(row?.['folded']), lag: Number(row?.['lag']) };
}
