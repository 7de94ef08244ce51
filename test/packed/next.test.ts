import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sqliteStore } from '@kilotoken/core';
import { fakeProvider } from '@kilotoken/core/testing';
import { expect, inject, test } from 'vitest';
import { freshApp } from './fresh-app.ts';

const core = inject('packages').filter(({ name }) => name === '@kilotoken/core');
const next = 'node_modules/next/dist/bin/next';
const quiet = { NEXT_TELEMETRY_DISABLED: '1' };

test('an app on Next.js is built without a trace, and its record is durable when `after` settles', async () => {
  await using app = await freshApp(['next'], core);
  await using provider = await fakeProvider();
  const written = async () => (await readdir(app.folder)).filter((name) => name.startsWith('usage'));

  await app.node([next, 'build'], quiet);
  // A lock is a file too: the store and the journal of the app's module have made none.
  expect(await written()).toEqual([]);

  await using server = app.startNode([next, 'start', '--hostname', '127.0.0.1', '--port', '0'], {
    ...quiet,
    OPENAI_BASE_URL: provider.baseURL,
  });
  const [, address = ''] = await server.wrote(/(http:\/\/127\.0\.0\.1:[1-9]\d*)[\s\S]*ready/i);
  const answer = await fetch(`${address}/chat`, { method: 'POST', body: JSON.stringify({ userId: 'u1' }) });
  const chunks = (await answer.text()).trim().split('\n');
  await server.wrote(/after: settled/);

  // Read by another process than the one that wrote it, which still runs.
  const store = sqliteStore({ path: join(app.folder, 'usage.db') });
  const totals = await store.userTotals('u1');
  await store.close();
  expect(totals).toMatchObject({ calls: 1, byOrigin: { reported: { calls: 1 } } });
  expect(totals.tokens).toMatchObject(provider.reported.tokens);
  expect({ status: answer.status, requests: provider.requests.length }).toEqual({ status: 200, requests: 1 });
  // What asking for usage caused is not seen by the host, which streams on what its client gave it.
  expect(chunks.filter((chunk) => chunk.includes('"usage"'))).toEqual([]);
  expect(server.output()).not.toContain('meter:');
});
