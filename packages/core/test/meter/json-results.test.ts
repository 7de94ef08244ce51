import { describe, expect, it } from 'vitest';
import { usageSnapshot } from '../../src/browser/snapshot/usage-snapshot.ts';
import {
  createMeter,
  memoryStore,
  priceUsage,
  sqliteStore,
  usageChunk,
  usageData,
  usageFrame,
} from '../../src/index.ts';
import type { UsageStore } from '../../src/index.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { readAll } from '../read-all.ts';

const huge = 9_007_199_254_740_991;
const records = ['a', 'b', 'c'].map((id) => usageRecord({ id, cost: { picoUsd: huge, basis: 'card' } }));
const sum = String(3n * BigInt(huge));

describe.each<[string, () => UsageStore]>([
  ['memoryStore', memoryStore],
  ['sqliteStore', () => sqliteStore({ path: ':memory:' })],
])('what %s answers is proper JSON, money beyond 2^53 included', (_name, open) => {
  it.for<readonly [string, (store: UsageStore) => Promise<unknown>]>([
    ['totals', (store) => store.totals({})],
    ['totals that were counted', (store) => store.totals({ from: new Date(0) })],
    ['userTotals', async (store) => store.userTotals?.('user-1')],
    ['shares by origin', async (store) => (await store.totals({})).byOrigin],
    ['one share', async (store) => (await store.totals({})).byOrigin.reported],
    ['series', (store) => store.series({ bucket: 'day', by: 'model' })],
    ['one point', async (store) => (await store.series({ bucket: 'day' }))[0]],
  ])('%s', async ([, ask]) => {
    const store = open();
    await store.append(records);
    const answer = await ask(store);
    const json = JSON.stringify(answer);
    expect(json).toContain(`"picoUsd":"${sum}"`);
    expect(json).toContain('"totalTokens":900');
    // Read again it is the same, but for the money that became text and the dates.
    expect(JSON.stringify(JSON.parse(json))).toBe(json);
    await store.close();
  });

  it('records and what append says', async () => {
    const store = open();
    const appended = await store.append([...records, { ...usageRecord(), attempt: 0.5 }]);
    expect(JSON.parse(JSON.stringify(appended))).toMatchObject({
      inserted: 3,
      duplicates: 0,
      rejected: [{ id: 'record-1', error: { code: 'record_rejected', message: expect.stringContaining('attempt') } }],
    });
    const [first] = await readAll(store.records({}));
    expect(JSON.parse(JSON.stringify(first))).toMatchObject({
      id: 'a',
      startedAt: '2026-11-22T10:00:00.000Z',
      cursor: '1',
    });
    await store.close();
  });
});

it('what a meter, a turn and the browser get is proper JSON', async () => {
  const store = memoryStore();
  await store.append(records);
  const meter = createMeter({ store });
  const turn = meter.track({ userId: 'user-1' });
  const usage = { ...(await turn.usage()), calls: 3, records };
  const snapshot = await usageSnapshot(
    store,
    { userId: 'user-1' },
    { expose: ['cost', 'models'], days: 1, last: true },
  );
  const results: readonly unknown[] = [
    await turn.usage(),
    await turn.stored(),
    turn.options,
    meter.stats(),
    usageChunk(usage, { total: 900, rev: 3 }),
    usageData(usage),
    usageFrame(usage),
    snapshot,
    priceUsage(records[0] ?? usageRecord()),
    await meter.close(),
  ];
  for (const result of results) expect(JSON.stringify(JSON.parse(JSON.stringify(result)))).toBe(JSON.stringify(result));
  expect(JSON.stringify(snapshot)).toContain('27021.597764222973');
});
