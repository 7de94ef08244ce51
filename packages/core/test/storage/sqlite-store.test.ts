import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import type { SqliteStoreOptions } from '../../src/storage/sqlite-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kilotoken-sqlite-'));
  path = join(folder, 'usage.db');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('creation', () => {
  it('touches no file, and neither does closing an unused store', async () => {
    const store = sqliteStore({ path });
    expect(existsSync(path)).toBe(false);
    await store.close();
    expect(existsSync(path)).toBe(false);
  });

  it.each<[string, unknown]>([
    ['path', {}],
    ['path', { path: '' }],
    ['path', undefined],
    ['pth', { path: 'x', pth: 'y' }],
    ['ephemeral', { path: 'x', ephemeral: 'yes' }],
    ['busyTimeoutMs', { path: 'x', busyTimeoutMs: -1 }],
  ])('throws at once and names %s for %j', (field, options) => {
    expect(() => sqliteStore(options as SqliteStoreOptions)).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(field) }),
    );
  });

  it.each(['VERCEL', 'AWS_LAMBDA_FUNCTION_NAME'])('asks for ephemeral: true where %s is set', (variable) => {
    vi.stubEnv(variable, '1');
    expect(() => sqliteStore({ path })).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining('ephemeral: true') }),
    );
    expect(sqliteStore({ path, ephemeral: true }).capabilities).toEqual({ durable: false, shared: true });
    expect(sqliteStore({ path: ':memory:' }).capabilities).toEqual({ durable: false, shared: false });
  });
});

describe('the file', () => {
  it('holds records, totals and cursors for the next store', async () => {
    const first = sqliteStore({ path });
    await first.append([usageRecord({ id: 'a' }), usageRecord({ id: 'b', attribution: {} })]);
    let cursorOfFirst = '';
    for await (const { cursor } of first.records({ limit: 1 })) cursorOfFirst = cursor;
    await first.close();
    const second = sqliteStore({ path });
    expect(await second.append([usageRecord({ id: 'a' }), usageRecord({ id: 'c' })])).toEqual({
      inserted: 1,
      duplicates: 1,
    });
    expect(await second.userTotals('user-1')).toMatchObject({ calls: 2, rev: 2, picoUsd: 500_000_000n });
    const seen = [];
    for await (const { id } of second.records({ after: cursorOfFirst })) seen.push(id);
    expect(seen).toEqual(['b', 'c']);
    await second.close();
  });

  it('is written ahead, so readers never wait for a writer', async () => {
    const store = sqliteStore({ path });
    await store.append([usageRecord()]);
    const other = new DatabaseSync(path);
    expect(other.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    other.exec('BEGIN IMMEDIATE');
    expect(await store.totals({})).toMatchObject({ calls: 1 });
    other.close();
    await store.close();
  });

  it.skipIf(process.platform === 'win32')(
    'is for nobody else to read, its log neither, unless the app made it',
    async () => {
      const modeOf = (file: string): number => statSync(file).mode & 0o777;
      const store = sqliteStore({ path });
      await store.append([usageRecord()]);
      expect([path, `${path}-wal`, `${path}-shm`].map(modeOf)).toEqual([0o600, 0o600, 0o600]);
      await store.close();

      const made = join(folder, 'made.db');
      writeFileSync(made, '');
      chmodSync(made, 0o640);
      const shared = sqliteStore({ path: made });
      await shared.append([usageRecord()]);
      expect([made, `${made}-wal`].map(modeOf)).toEqual([0o640, 0o640]);
      await shared.close();

      const nowhere = sqliteStore({ path: ':memory:' });
      await nowhere.append([usageRecord()]);
      expect(existsSync(':memory:')).toBe(false);
      await nowhere.close();
    },
  );

  it('is refused, and left as it is, when a newer schema wrote it', async () => {
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    const store = sqliteStore({ path });
    const refusal = { code: 'unsupported', message: expect.stringContaining('schema version 99') };
    await expect(store.append([usageRecord()])).rejects.toMatchObject(refusal);
    await expect(store.totals({})).rejects.toMatchObject(refusal);
    await store.close();
    const after = new DatabaseSync(path);
    expect(after.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 0 });
    after.close();
  });

  it('fails every use with store_failed, and names the path, where it is no database', async () => {
    writeFileSync(path, 'not a database, but long enough to be read as one'.repeat(50));
    const store = sqliteStore({ path });
    const failure = { code: 'store_failed', message: expect.stringContaining(path) };
    await expect(store.append([usageRecord()])).rejects.toMatchObject(failure);
    await expect(store.totals({})).rejects.toMatchObject(failure);
    await store.close();
  });

  it('says that its folder is missing, and is opened by a later use', async () => {
    const store = sqliteStore({ path: join(folder, 'later', 'usage.db') });
    const failure = { code: 'store_failed', message: expect.stringContaining('no such file or directory') };
    await expect(store.append([usageRecord()])).rejects.toMatchObject(failure);
    mkdirSync(join(folder, 'later'));
    expect(await store.append([usageRecord()])).toEqual({ inserted: 1, duplicates: 0 });
    await store.close();
  });
});

// Windows lets nobody delete or replace a file that is open.
describe.skipIf(process.platform === 'win32')('a file that vanishes under an open store', () => {
  const batch = [usageRecord({ id: 'a' }), usageRecord({ id: 'b' })];

  it.for([
    ['with all that belongs to it', ['', '-wal', '-shm']],
    ['alone', ['']],
    ['without its log, which is deleted alone', ['-wal']],
  ] as const)('acknowledges nothing into a file nobody finds, deleted %s', async ([, suffixes]) => {
    const store = sqliteStore({ path });
    await store.append([usageRecord({ id: 'before' })]);
    for (const suffix of suffixes) rmSync(`${path}${suffix}`);
    await expect(store.append(batch)).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringContaining('deleted or replaced'),
    });
    // The same batch again, as the recorder does. A log that is gone alone was moved into the file when that was closed.
    const { inserted, duplicates } = await store.append(batch);
    expect(inserted + duplicates).toBe(2);
    await store.close();
    expect(await idsIn(path)).toEqual(expect.arrayContaining(['a', 'b']));
  });

  it('goes on in the file that was put in its place', async () => {
    const restored = sqliteStore({ path: join(folder, 'restored.db') });
    await restored.append([usageRecord({ id: 'restored' })]);
    await restored.close();
    const store = sqliteStore({ path });
    await store.append([usageRecord({ id: 'before' })]);
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`);
    renameSync(join(folder, 'restored.db'), path);
    await expect(store.append(batch)).rejects.toMatchObject({ code: 'store_failed' });
    expect(await store.append(batch)).toEqual({ inserted: 2, duplicates: 0 });
    expect(await store.userTotals('user-1')).toMatchObject({ calls: 3 });
    await store.close();
    expect(await idsIn(path)).toEqual(['restored', 'a', 'b']);
  });

  it('is closed once more without harm by those who waited together', async () => {
    const store = sqliteStore({ path });
    await store.append([usageRecord({ id: 'before' })]);
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`);
    const appends = ['a', 'b', 'c'].map((id) => store.append([usageRecord({ id })]));
    const outcomes = await Promise.allSettled(appends);
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
    for (const id of ['a', 'b', 'c']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await store.append([usageRecord({ id })]);
    }
    await store.close();
    expect(await idsIn(path)).toEqual(['a', 'b', 'c']);
  });
});

async function idsIn(file: string): Promise<string[]> {
  const store = sqliteStore({ path: file });
  const ids = [];
  for await (const { id } of store.records({})) ids.push(id);
  await store.close();
  return ids;
}

it('is not opened again by a read that close() overtook', async () => {
  const store = sqliteStore({ path });
  await store.append(
    Array.from({ length: 3000 }, (_, hour) => usageRecord({ id: `${hour}`, startedAt: new Date(hour * 3_600_000) })),
  );
  const reading = store.series({ bucket: 'hour' });
  await store.close();
  await expect(reading).rejects.toMatchObject({ code: 'closed' });
  // The last connection removes its log when it closes.
  expect(existsSync(`${path}-wal`)).toBe(false);
});

describe('values', () => {
  it('keeps NUL, lone surrogates and the escape character apart', async () => {
    const store = sqliteStore({ path });
    const ids = ['a\0b', 'a\0c', '\ud800', '\udfff', '\ufffd', '\u0001', '\u00010000', '\0'];
    const records = ids.map((id) =>
      usageRecord({ id, attribution: { userId: id, tags: { [id]: id, '&=': '=&' } }, rawUsage: { [id]: id } }),
    );
    expect(await store.append(records)).toEqual({ inserted: ids.length, duplicates: 0 });
    const seen = [];
    for await (const { cursor: _, ...record } of store.records({})) seen.push(record);
    expect(seen).toEqual(records);
    for (const id of ids) expect(await store.totals({ userId: id, tags: { [id]: id } })).toMatchObject({ calls: 1 });
    await store.close();
  });

  it('sums money beyond 64 bits exactly', async () => {
    const store = sqliteStore({ path: ':memory:' });
    const picoUsd = Number.MAX_SAFE_INTEGER;
    const count = 1500;
    await store.append(
      Array.from({ length: count }, (_, index) => usageRecord({ id: `${index}`, cost: { picoUsd, basis: 'card' } })),
    );
    const sum = BigInt(picoUsd) * BigInt(count);
    expect(sum).toBeGreaterThan(2n ** 63n);
    expect((await store.totals({})).picoUsd).toBe(sum);
    expect((await store.totals({ from: new Date(0) })).picoUsd).toBe(sum);
    await store.close();
  });
});

it('sums money exactly also where a kept sum has outgrown the floats', async () => {
  const store = sqliteStore({ path });
  const record = (id: string) => usageRecord({ id, cost: { picoUsd: 1, basis: 'card' } });
  await store.append([record('a')]);
  const other = new DatabaseSync(path);
  other.exec('UPDATE usage_totals SET pico_low = 9007199254740992');
  other.close();
  await store.append([record('b')]);
  expect((await store.totals({})).picoUsd).toBe(9_007_199_254_740_993n);
  expect((await store.userTotals('user-1')).picoUsd).toBe(9_007_199_254_740_993n);
  await store.close();
});

describe('a lock held by another connection', () => {
  it('lets the event loop go on, and the append succeed once it is released', async () => {
    const store = sqliteStore({ path, busyTimeoutMs: 60_000 });
    await store.append([usageRecord({ id: 'first' })]);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    let isSettled = false;
    const append = store.append([usageRecord({ id: 'second' })]).finally(() => {
      isSettled = true;
    });
    const start = performance.now();
    let longestGap = 0;
    for (let now = start; now - start < 60;) {
      await new Promise((resolve) => setImmediate(resolve));
      longestGap = Math.max(longestGap, performance.now() - now);
      now = performance.now();
    }
    // The other connection keeps its lock, so a wait inside SQLite would last until its time-out.
    expect(longestGap).toBeLessThan(30_000);
    expect(isSettled).toBe(false);
    other.exec('COMMIT');
    other.close();
    expect(await append).toEqual({ inserted: 1, duplicates: 0 });
    await store.close();
  });

  it('fails the append after busyTimeoutMs, and the same batch is taken later', async () => {
    const store = sqliteStore({ path, busyTimeoutMs: 20 });
    await store.append([usageRecord({ id: 'first' })]);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const batch = [usageRecord({ id: 'first' }), usageRecord({ id: 'second' })];
    await expect(store.append(batch)).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringContaining('lock'),
    });
    other.exec('ROLLBACK');
    other.close();
    expect(await store.append(batch)).toEqual({ inserted: 1, duplicates: 1 });
    expect(await store.totals({})).toMatchObject({ calls: 2, rev: 2 });
    await store.close();
  });
});

describe('the totals', () => {
  const attempts = (call: string) => [
    usageRecord({ id: `${call} again`, callId: call, attempt: 2, origin: 'missing' }),
    usageRecord({ id: call, callId: call }),
  ];

  it.for([
    ['in one batch', 'b', 5],
    ['in one batch, under a name that is not ASCII', 'b\u{1F600}', 5],
    ['in batches of one', 'b', 1],
    ['in batches of one, under a name that is not ASCII', '\uFFFD', 1],
  ] as const)('count a call once whose retry came before its first attempt, %s', async ([, call, batchLength]) => {
    const store = sqliteStore({ path });
    // Others come before it, one of them tried again too, so that something is known of retries already.
    const records = [...attempts('a'), usageRecord({ id: 'aa', callId: 'aa' }), ...attempts(call)];
    while (records.length > 0) {
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      await store.append(records.splice(0, batchLength));
    }
    expect(await store.userTotals('user-1')).toMatchObject({ calls: 3, rev: 5 });
    expect(await store.totals({})).toMatchObject({
      calls: 3,
      byOrigin: { missing: { calls: 2 }, reported: { calls: 3 } },
    });
    await store.close();
  });
});
