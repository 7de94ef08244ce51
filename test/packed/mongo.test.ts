import { describe, expect, inject, test } from 'vitest';
import { needsMongod } from '../../packages/mongo-adapter/test/needs-mongod.ts';
import { freshApp } from './fresh-app.ts';

const packages = inject('packages');

needsMongod();

/** The oldest driver there is support for, and the last one of its major version. */
describe.concurrent('a fresh app with another driver of MongoDB', () => {
  test.for(['mongo-6.0', 'mongo-6.21'])('(%s) has each record once on its documents', async (layer) => {
    await using app = await freshApp(['mongo', layer], packages);
    const usage = { totalTokens: 6000, inputTokens: 4000, outputTokens: 2000, picoUsd: '5000000000', rev: 20 };
    expect(JSON.parse(await app.node(['main.js']))).toEqual({
      inserted: 100,
      verdicts: Array.from({ length: 5 }, () => ({ state: 'right', pendingRecords: 0 })),
      users: Array.from({ length: 5 }, () => usage),
      messages: [3000],
      days: [20, 20, 20, 20, 20],
      calls: 100,
      erased: { records: 20, hasDocument: true },
    });
  });
});
