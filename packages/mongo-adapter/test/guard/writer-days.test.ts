import { describe, expect, it } from 'vitest';
import { mongoForTests } from '../mongo-fixture.ts';
import { writerDays } from './writer-days.ts';

const { fresh } = mongoForTests();
const days = process.env['KILOTOKEN_FULL'] === '1' ? 5 : 1.15;

describe('the guard field of a user with a hundred writers a day', () => {
  it.for([
    ['die', 2048, 106],
    ['close', 640, 10],
  ] as const)('stays small when all of them %s, and counts everything', { timeout: 120_000 }, async (row) => {
    const [end, maxBytes, maxEntries] = row;
    const { db, users, open } = fresh();
    const { largest, last, records } = await writerDays(db, { days, writersPerDay: 100, end: () => `${end}s` });
    expect(largest.bytes).toBeLessThanOrEqual(maxBytes);
    // The dead of a day, or the closed of an hour, and who looks after them: nothing from before.
    expect(largest.entries).toBeLessThanOrEqual(maxEntries);
    expect(last.entries).toBe(1);
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: records * 300, _kt: { rev: records } });
    const store = open();
    for await (const verdict of store.verify()) expect(verdict).toMatchObject({ state: 'right', pendingRecords: 0 });
    await store.close();
  });
});
