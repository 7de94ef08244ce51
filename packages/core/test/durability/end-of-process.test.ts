import { describe, expect, it } from 'vitest';
import { startProvider } from '../testing/fake-provider-fixture.ts';
import { appFolder, restart } from './app-folder.ts';
import { expectOnce } from './expect-once.ts';
import { startChat } from './start-chat.ts';

/** So long that no record is stored before the end. */
const flushIntervalMs = 600_000;

describe('an app without a journal', { timeout: 60_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'that drains on %s stores everything and ends by that signal',
    async (signal) => {
      const { baseURL } = await startProvider();
      const { database, path } = appFolder();
      const options = { baseURL, database, name: 'm', calls: 40, flushIntervalMs, isServer: true };
      const app = startChat({ ...options, drainOn: [signal] });
      await app.until('done', 1);
      app.child.kill(signal);
      expect(await app.ended).toBe(signal);
      expect(app.said('seen').length).toBe(40);
      expect(app.said('error')).toEqual([]);
      expectOnce(app.said('seen'), await restart({ path, database, journal: `${path}/none` }));
    },
  );

  it('that drains on no signal ends by it at once', async () => {
    const { baseURL } = await startProvider();
    const { database } = appFolder();
    const app = startChat({ baseURL, database, name: 'm', calls: 5, flushIntervalMs, isServer: true });
    await app.until('done', 1);
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe('SIGTERM');
  });

  it('that has nothing left to do stores everything and ends by itself', async () => {
    const { baseURL } = await startProvider();
    const folder = appFolder();
    const app = startChat({ baseURL, database: folder.database, name: 'm', calls: 40, flushIntervalMs });
    expect(await app.ended).toBe(0);
    expect(JSON.parse(app.said('stats')[0] ?? '')).toMatchObject({ captured: 40, stored: 40, queued: 0, pending: 0 });
    expectOnce(app.said('seen'), await restart(folder));
  });

  it('that has nothing left to do ends although the store is down, and reports each record that is lost', async () => {
    const { baseURL } = await startProvider();
    const { database } = appFolder();
    const app = startChat({ baseURL, database, name: 'm', calls: 4, flushIntervalMs, isStoreDown: true });
    expect(await app.ended).toBe(0);
    const lost = app.said('error').filter((error) => error.startsWith('record_dropped'));
    expect(lost.toSorted()).toEqual([0, 1, 2, 3].map((at) => `record_dropped m-${at}`));
  });
});
