import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMeter } from '../../src/create-meter.ts';
import { createJournal } from '../../src/recording/journal/create-journal.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import type { UsageStore } from '../../src/storage/usage-store.ts';
import { fakeProvider } from '../../src/testing/fake-provider.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { exportedLines, kilotoken, temporaryFolder } from './cli-fixture.ts';

const dayMs = 24 * 3_600_000;
const oldCount = 400;
const liveCount = 40;

/**
 * An app was down for two days with records in its journal. It starts again: old records reach the store while new calls
 * do, and while an exporter reads in small steps, each time from the cursor it kept.
 */
test('an exporter that resumes by cursor gets each record once while an old journal replays', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'usage.db');
  const journalPath = join(folder, 'journal');
  const before = createJournal({ path: journalPath, maxSegmentBytes: 16_384 }, (error) =>
    expect.unreachable(error.message),
  );
  const twoDaysAgo = Date.now() - 2 * dayMs;
  for (let index = 0; index < oldCount; index += 1) {
    const startedAt = new Date(twoDaysAgo + index);
    before.append(usageRecord({ id: `old-${String(index).padStart(4, '0')}`, startedAt, endedAt: startedAt }));
  }
  before.close();

  const provider = await fakeProvider();
  const errors: string[] = [];
  const exported: string[] = [];
  let after: string[] = [];
  let exporting: Promise<unknown> = Promise.resolve();
  // One exporter: its next run begins with the cursor of the last.
  const exportSome = (): Promise<number> => {
    const run = exporting.then(exportNext);
    exporting = run;
    return run;
  };
  const exportNext = async (): Promise<number> => {
    const run = await kilotoken(['export', '--store', path, '--limit', '7', ...after]);
    expect(run.exitCode, run.stderr).toBe(0);
    const lines = exportedLines(run.stdout);
    exported.push(...lines.map(({ id }) => id));
    if (lines.length > 0) after = ['--after', lines.at(-1)?.cursor ?? ''];
    return lines.length;
  };

  const file = sqliteStore({ path });
  await file.append([usageRecord({ id: 'first' })]);
  let oldBatches = 0;
  let storedLive = (): void => undefined;
  const liveStored = new Promise<void>((resolve) => {
    storedLive = resolve;
  });
  const store: UsageStore = {
    ...file,
    append: async (records) => {
      const isOldBatch = records.every(({ id }) => id.startsWith('old-'));
      if (isOldBatch) oldBatches += 1;
      // The rest of the replay arrives after new calls, so old records lie behind cursors of new ones.
      if (isOldBatch && oldBatches > 1) await liveStored;
      const result = await file.append(records);
      if (!isOldBatch) storedLive();
      await exportSome();
      return result;
    },
  };
  const meter = createMeter({
    store,
    journal: { path: journalPath },
    queue: { maxBatchRecords: 25 },
    onError: ({ message }) => errors.push(message),
  });
  const fetch = meter.fetch();
  for (let index = 0; index < liveCount; index += 1) {
    const answer = await fetch(`${provider.baseURL}/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'text-embedding-3-small', input: 'Hi' }),
    });
    await answer.json();
    if (index % 10 === 0) await exportSome();
  }
  await meter.flush();
  expect(exported.length).toBeGreaterThan(7);
  while ((await exportSome()) > 0);
  await meter.close();
  await provider.close();

  expect(errors).toEqual([]);
  expect(oldBatches).toBeGreaterThan(3);
  expect(exported).toHaveLength(1 + oldCount + liveCount);
  expect(new Set(exported).size).toBe(exported.length);
  const firstLive = exported.findIndex((id, index) => index > 0 && !id.startsWith('old-'));
  expect(firstLive).toBeLessThan(exported.findLastIndex((id) => id.startsWith('old-')));
});
