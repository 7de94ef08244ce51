import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { createMeter, sqliteStore } from '../../src/index.ts';
import { readAll } from '../read-all.ts';
import { hi } from '../testing/fake-provider-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'kilotoken-'));
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

// As tests of apps do it: whatever waits for a timer then waits until the test moves the time.
it('a test that stands in for the timers still has its calls stored and read', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance'] });
  const store = sqliteStore({ path: join(folder, 'usage.db') });
  const meter = createMeter({ store, journal: { path: join(folder, 'journal') } });
  const turn = meter.track({ userId: 'u1' });
  const send = meter.fetch(() => Promise.resolve(Response.json({ usage: { prompt_tokens: 3, completion_tokens: 4 } })));
  const request = { method: 'POST', body: JSON.stringify(hi), ...turn.options };
  await (await send('http://localhost/v1/chat/completions', request)).json();

  expect(await turn.usage()).toMatchObject({ calls: 1, complete: true });
  expect(await turn.stored()).toEqual({ stored: 1, pending: 0 });
  await meter.flush();
  expect((await store.totals({ userId: 'u1' })).tokens.totalTokens).toBe(7);
  expect(await readAll(store.records({}))).toHaveLength(1);
  expect(await store.series({ bucket: 'hour' })).toHaveLength(1);
  expect(await meter.close()).toEqual({ left: 0 });
});
