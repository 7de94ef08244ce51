import { describe, expect, it } from 'vitest';
import { filesOf } from '../recording/journal/journal-fixture.ts';
import { startProvider } from '../testing/fake-provider-fixture.ts';
import { appFolder, restart } from './app-folder.ts';
import { expectOnce } from './expect-once.ts';
import { killPoints } from './kill-point.ts';
import type { KillPoint } from './kill-point.ts';
import { startChat } from './start-chat.ts';
import type { StartedChat } from './start-chat.ts';

/** All 50 points in the full run; otherwise the first ones of the same list. */
const isFull = process.env['KILOTOKEN_FULL'] === '1';
const timeout = isFull ? 600_000 : 120_000;

describe('an app with a journal that is killed by kill -9', { timeout }, () => {
  it('has every call in the store, once, whose end it had seen', async () => {
    const provider = await startProvider();
    const folder = appFolder();
    const seen: string[] = [];
    for (const [round, point] of killPoints(50, 5)
      .slice(0, isFull ? 50 : 5)
      .entries()) {
      const { baseURL } = provider;
      const app = startChat({ ...folder, baseURL, name: `r${round}` });
      // oxlint-disable-next-line no-await-in-loop -- one life after the other
      await killAt(app, point);
      seen.push(...app.said('seen'));
      // oxlint-disable-next-line no-await-in-loop
      expectOnce(seen, await restart(folder));
      expect(filesOf(folder.journal)).toEqual([]);
    }
  });

  it('has them also where four processes share one folder', async () => {
    const provider = await startProvider();
    const folder = appFolder();
    const points = killPoints(52, 7).slice(0, isFull ? 52 : 8);
    const seen: string[] = [];
    for (let first = 0; first < points.length; first += 4) {
      const apps = points.slice(first, first + 4).map((point, index) => {
        const app = startChat({ ...folder, baseURL: provider.baseURL, name: `p${first + index}`, users: 2 });
        return { app, killed: killAt(app, point) };
      });
      // oxlint-disable-next-line no-await-in-loop -- one generation after the other
      await Promise.all(apps.map(({ killed }) => killed));
      for (const { app } of apps) {
        seen.push(...app.said('seen'));
        expect(app.said('error').filter((error) => !error.startsWith('journal_failed'))).toEqual([]);
      }
      // oxlint-disable-next-line no-await-in-loop
      expectOnce(seen, await restart(folder));
      expect(filesOf(folder.journal)).toEqual([]);
    }
  });
});

async function killAt(app: StartedChat, { seen, delayMs }: KillPoint): Promise<void> {
  await app.until('seen', seen);
  setTimeout(() => app.child.kill('SIGKILL'), delayMs);
  expect(await app.ended).toBe('SIGKILL');
}
