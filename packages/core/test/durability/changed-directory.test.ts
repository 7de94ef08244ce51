import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createMeter, jsonlSink, sqliteStore } from '../../src/index.ts';
import { fakeProvider } from '../../src/testing/index.ts';

const start = process.cwd();
let folder: string;
let other: string;
beforeEach(() => {
  [folder, other] = [newFolder(), newFolder()];
  process.chdir(folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.chdir(start);
  for (const made of [folder, other]) rmSync(made, { recursive: true, force: true });
});

it('opens no other files after the process has changed its directory', async () => {
  const store = sqliteStore({ path: 'usage.db' });
  const sinks = [jsonlSink({ path: './usage.jsonl' })];
  const meter = createMeter({ store, sinks, journal: { path: 'usage-journal' } });
  process.chdir(other);
  const provider = await fakeProvider();
  const response = await meter.fetch()(`${provider.baseURL}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
  });
  await response.text();
  await meter.flush();
  await meter.close();
  await store.close();
  await provider.close();
  expect(readdirSync(folder)).toEqual(['usage-journal', 'usage.db', 'usage.jsonl']);
  expect(readdirSync(other)).toEqual([]);
});

it('goes by the path as it is where the directory cannot be told', async () => {
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw new Error('ENOENT: uv_cwd');
  });
  const store = sqliteStore({ path: 'usage.db' });
  await store.totals({});
  await store.close();
  expect(readdirSync(folder)).toEqual(['usage.db']);
});

it.each([':memory:', 'file:usage.db?mode=memory'])('makes no path of %s', async (path) => {
  const store = sqliteStore({ path });
  await store.totals({});
  await store.close();
  expect(readdirSync(folder)).toEqual([]);
});

function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'kilotoken-directory-')));
}
