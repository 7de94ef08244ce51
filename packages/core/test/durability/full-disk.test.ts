import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startProvider } from '../testing/fake-provider-fixture.ts';
import { appFolder, restart } from './app-folder.ts';
import { expectOnce } from './expect-once.ts';
import { canMount, smallDisk } from './small-disk.ts';
import { startChat } from './start-chat.ts';

describe.skipIf(!canMount())(
  'an app whose disk is full (skipped where no tmpfs can be mounted)',
  { timeout: 60_000 },
  () => {
    it('goes on answering, reports what the journal refused, and loses nothing else when it is killed', async () => {
      const provider = await startProvider();
      const disk = smallDisk(1024);
      const folder = { path: disk, database: join(disk, 'usage.db'), journal: join(disk, 'journal') };
      const filler = join(disk, 'filler');
      writeFileSync(filler, Buffer.alloc(760 * 1024));
      const app = startChat({ ...folder, baseURL: provider.baseURL, name: 'full' });
      await app.until('error', 1);
      const before = app.said('seen').length;
      await app.until('seen', before + 150);
      app.child.kill('SIGKILL');
      expect(await app.ended).toBe('SIGKILL');

      const errors = app.said('error');
      const codes = new Set(errors.map((error) => error.split(' ')[0]));
      expect([...codes].filter((code) => code !== 'journal_failed' && code !== 'store_failed')).toEqual([]);
      const refused = new Set(
        errors.filter((error) => error.startsWith('journal_failed')).map((error) => error.split(' ')[1]),
      );
      expect(refused.size).toBeGreaterThan(0);
      rmSync(filler);
      const acknowledged = app.said('seen').filter((line) => !refused.has(line.split(' ')[0]));
      expect(acknowledged.length).toBeGreaterThan(0);
      expectOnce(acknowledged, await restart(folder));
    });

    it('stores from memory what a journal on a full disk refused', async () => {
      const provider = await startProvider();
      const disk = smallDisk(64);
      writeFileSync(join(disk, 'filler'), Buffer.alloc(56 * 1024));
      const folder = { ...appFolder(), journal: join(disk, 'journal') };
      const app = startChat({ ...folder, baseURL: provider.baseURL, name: 'full', calls: 40, flushIntervalMs: 60_000 });
      expect(await app.ended).toBe(0);
      expect(app.said('error').filter((error) => error.startsWith('journal_failed')).length).toBeGreaterThan(5);
      const seen = app.said('seen');
      expect(seen.length).toBe(40);
      rmSync(join(disk, 'filler'));
      expectOnce(seen, await restart(folder));
    });
  },
);
