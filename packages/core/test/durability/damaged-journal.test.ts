import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesOf } from '../recording/journal/journal-fixture.ts';
import { startProvider } from '../testing/fake-provider-fixture.ts';
import { appFolder, restart } from './app-folder.ts';
import type { AppFolder } from './app-folder.ts';
import { expectOnce } from './expect-once.ts';
import { startChat } from './start-chat.ts';

describe('an app that was killed before its store had anything', { timeout: 60_000 }, () => {
  it('has every call in the store after a restart, also where the last write was cut short', async () => {
    const { folder, seen, segment } = await killedApp();
    appendFileSync(segment, readFileSync(segment).subarray(-700, -200));
    const restarted = await restart(folder);
    expectOnce(seen, restarted);
    expect(restarted.errors.map(({ code }) => code)).toEqual(['journal_failed']);
  });

  it('loses one call where one line was damaged, says so, and keeps the file', async () => {
    const { folder, seen, segment } = await killedApp();
    const lines = readFileSync(segment, 'utf8').split('\n');
    const damaged = lines[3] ?? '';
    lines[3] = damaged.replace('"outputTokens":', '"outputTokens":1');
    expect(lines[3]).not.toBe(damaged);
    writeFileSync(segment, lines.join('\n'));
    const messageId = /"messageId":"([^"]+)"/.exec(damaged)?.[1];
    const restarted = await restart(folder);
    expectOnce(
      seen.filter((line) => line.split(' ')[0] !== messageId),
      restarted,
    );
    expect(restarted.records.length).toBe(seen.length - 1);
    expect(restarted.errors.map(({ code }) => code)).toEqual(['journal_failed']);
    expect(filesOf(folder.journal, '.damaged').length).toBe(1);
  });

  it('has every call in the store after a restart where the store was down all its life', async () => {
    const { folder, seen } = await killedApp(true);
    expectOnce(seen, await restart(folder));
  });
});

interface KilledApp {
  readonly folder: AppFolder;
  readonly seen: readonly string[];
  /** The one file of its journal. */
  readonly segment: string;
}

async function killedApp(isStoreDown = false): Promise<KilledApp> {
  const provider = await startProvider();
  const folder = appFolder();
  const { baseURL } = provider;
  const flushIntervalMs = isStoreDown ? 1 : 60_000;
  const app = startChat({
    ...folder,
    baseURL,
    name: 'm',
    calls: 30,
    isServer: true,
    flushIntervalMs,
    isStoreDown,
  });
  await app.until('seen', 30);
  app.child.kill('SIGKILL');
  await app.ended;
  const [file = ''] = filesOf(folder.journal, '.journal');
  return { folder, seen: app.said('seen'), segment: join(folder.journal, file) };
}
