import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import type { UsageQuery } from '../../src/storage/usage-store.ts';
import { expectedTotals, jsonOf } from '../../src/testing/conformance/expected-usage.ts';

const script = join(import.meta.dirname, 'append-process.ts');

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kilotoken-sqlite-'));
  path = join(folder, 'usage.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('loses and doubles nothing while three processes append to a new file', { timeout: 30_000 }, async () => {
  const processes = ['a', 'b', 'c'].map((name) => appendProcess([path, name, '60', 'shared']));
  const ended = await Promise.all(processes.map(({ done }) => done));
  expect(ended).toEqual([0, 0, 0]);
  const acknowledged = new Set(processes.flatMap(({ ids }) => ids));
  expect(acknowledged.size).toBe(3 * 60 * 7 + 60);
  const stored = await checkFile();
  expect(new Set(stored.map(({ id }) => id))).toEqual(acknowledged);
  expect(stored.length).toBe(acknowledged.size);
});

it('has everything that was acknowledged before kill -9, and sums that fit', { timeout: 30_000 }, async () => {
  for (const name of ['first', 'second', 'third']) {
    const { child, ids, done } = appendProcess([path, name, '100000'], (count) => {
      if (count === 700) child.kill('SIGKILL');
    });
    expect(await done).toBe('SIGKILL');
    const stored = new Set((await checkFile()).map(({ id }) => id));
    expect(ids.filter((id) => !stored.has(id))).toEqual([]);
    expect(ids.length).toBeGreaterThanOrEqual(700);
  }
});

it('has sums of hours that fit after kill -9 of processes that fold them', { timeout: 30_000 }, async () => {
  const processes = ['a', 'b', 'c'].map((name, at) => {
    const running = appendProcess([path, name, '100000', '', '70'], (count) => {
      if (count === 3500 + at * 700) running.child.kill('SIGKILL');
    });
    return running;
  });
  expect(await Promise.all(processes.map(({ done }) => done))).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
  const database = new DatabaseSync(path);
  const lag = database.prepare('SELECT (SELECT max(seq) FROM usage_records) - seq AS records FROM usage_fold').get();
  database.close();
  const stored = new Set((await checkFile()).map(({ id }) => id));
  expect(processes.flatMap(({ ids }) => ids).filter((id) => !stored.has(id))).toEqual([]);
  // Some of them are folded, and never many are not.
  expect(Number(lag?.['records'])).toBeLessThan(Math.min(stored.size, 8000));
});

it('is written also under the permission model of Node', { timeout: 30_000 }, async () => {
  const { ids, done } = appendProcess([path, 'a', '3'], undefined, [
    '--permission',
    '--allow-fs-read=*',
    `--allow-fs-write=${folder}`,
  ]);
  expect(await done).toBe(0);
  expect((await checkFile()).map(({ id }) => id)).toEqual(ids);
});

it('makes no file that the permission model of Node does not allow, and says what is missing', async () => {
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--permission', '--allow-fs-read=*', '--conditions=@kilotoken/source', script, path, 'a', '1'],
    { encoding: 'utf8', timeout: 30_000 },
  );
  expect(status).toBe(1);
  expect(stderr).toContain(`sqliteStore: "${path}" could not be used: Access to this API has been restricted`);
  expect(stderr).toContain('--allow-fs-write');
  expect(existsSync(path)).toBe(false);
});

/** All records, after checking that the kept totals are what the records say. */
async function checkFile(): Promise<UsageRecord[]> {
  const store = sqliteStore({ path });
  const records: UsageRecord[] = [];
  for await (const { cursor: _, ...record } of store.records({})) records.push(record);
  const from = new Date(Date.UTC(2026, 10, 22, 0, 30));
  const queries: UsageQuery[] = [
    {},
    { from },
    { tenantId: 'tenant-1' },
    { tenantId: 'tenant-0', from },
    ...['user-0', 'user-1', 'user-2'].flatMap((userId) => [{ userId }, { userId, from }]),
  ];
  for (const query of queries) expect(jsonOf(await store.totals(query))).toEqual(expectedTotals(records, query));
  await store.close();
  return records;
}

function appendProcess(
  args: readonly string[],
  onCount?: (count: number) => void,
  nodeOptions: readonly string[] = [],
) {
  const child = spawn(process.execPath, [...nodeOptions, '--conditions=@kilotoken/source', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ids: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    ids.push(line);
    onCount?.(ids.length);
  });
  const done = new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => {
      resolve(code ?? signal);
    });
  });
  return { child, ids, done };
}
