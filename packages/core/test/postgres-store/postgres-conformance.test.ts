import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { usageRecord, usageStoreConformance } from '../../src/testing/index.ts';
import { postgresStore } from './postgres-store.ts';

/** Starting one takes seconds, so all tests share it. */
let postgres: PGlite;
beforeAll(async () => {
  postgres = await PGlite.create();
}, 60_000);
beforeEach(async () => {
  await postgres.query('DROP TABLE IF EXISTS usage_records');
});
afterAll(() => postgres.close());

describe('the Postgres store of the guide', () => {
  it.for(usageStoreConformance)('$name', ({ run }) => {
    const open = () => postgresStore(postgres);
    return run(open, { openAgain: open });
  });

  it('sets aside what Postgres has no text for, and stores the rest', async () => {
    const store = postgresStore(postgres);
    const { inserted, rejected } = await store.append([
      usageRecord({ id: 'a\0b' }),
      usageRecord({ id: 'half', attribution: { userId: '\uD83D' } }),
      usageRecord({ id: 'tag', attribution: { tags: { '\0': '' } } }),
      usageRecord({ id: 'good', rawUsage: { odd: '\0\uD83D' } }),
    ]);
    expect([inserted, rejected?.map(({ id }) => id)]).toEqual([1, ['a\0b', 'half', 'tag']]);
    for await (const { id, rawUsage } of store.records({})) {
      expect([id, rawUsage]).toEqual(['good', { odd: '\0\uD83D' }]);
    }
  });

  it('makes its table again where the first try failed', async () => {
    let failures = 1;
    const store = postgresStore({
      query(sql, values) {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new Error('starting up')) : postgres.query(sql, values);
      },
    });
    await expect(store.append([usageRecord()])).rejects.toThrow('starting up');
    expect(await store.append([usageRecord()])).toEqual({ inserted: 1, duplicates: 0 });
  });
});
