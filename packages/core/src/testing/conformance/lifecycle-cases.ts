import assert from 'node:assert/strict';
import type { UsageStore } from '../../storage/usage-store.ts';
import { usageRecord } from '../usage-record-builder.ts';
import { readAll, readIds, storeCase } from './conformance-case.ts';
import type { UsageStoreCase } from './conformance-case.ts';

const invalidDate = new Date(Number.NaN);

/** Wrong queries with the field the error must name. */
const wrongQueries: readonly (readonly [string, 'totals' | 'series' | 'records', Record<string, unknown>])[] = [
  ['user', 'totals', { user: 'user-1' }],
  ['userId', 'totals', { userId: 1 }],
  ['tenantId', 'totals', { tenantId: null }],
  ['tags', 'totals', { tags: 'chat' }],
  ['from', 'totals', { from: invalidDate }],
  ['to', 'totals', { to: '2026-11-22' }],
  ['bucket', 'series', { bucket: 'week' }],
  ['bucket', 'series', {}],
  ['timeZone', 'series', { bucket: 'day', timeZone: 'Mars/Olympus' }],
  ['by', 'series', { bucket: 'day', by: 'colour' }],
  ['from', 'series', { bucket: 'day', from: invalidDate }],
  ['limit', 'records', { limit: -1 }],
  ['limit', 'records', { limit: 1.5 }],
  ['order', 'records', { order: 'oldest' }],
  ['after', 'records', { after: 'no cursor' }],
  ['to', 'records', { to: invalidDate }],
  ['bucket', 'records', { bucket: 'day' }],
];

/** Cases about wrong questions, closing, and what `capabilities` promise. */
export const lifecycleCases: readonly UsageStoreCase[] = [
  storeCase('rejects a wrong query and names its field', async (store) => {
    for (const [field, method, query] of wrongQueries) {
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      await assert.rejects(
        () => ask(store, method, query),
        (error: Error) => Reflect.get(error, 'code') === 'invalid_options' && error.message.includes(field),
        `${method} ${JSON.stringify(query)}`,
      );
    }
  }),
  storeCase('has methods that do not need their object', async ({ append, totals, series, records, userTotals }) => {
    await append([usageRecord()]);
    assert.equal((await totals({})).calls, 1);
    assert.equal((await series({ bucket: 'day' })).length, 1);
    assert.equal((await userTotals?.('user-1'))?.calls ?? 1, 1);
    const iterator = records({})[Symbol.asyncIterator]();
    assert.equal((await iterator.next()).done, false);
    await iterator.return?.();
  }),
  storeCase('can be closed twice, also before any use', async (store) => {
    await Promise.all([store.close(), store.close()]);
    await store.close();
  }),
  storeCase('rejects every method after close', async (store) => {
    await store.append([usageRecord(), usageRecord({ id: 'other' })]);
    const { userTotals } = store;
    const reading = store.records({})[Symbol.asyncIterator]();
    await reading.next();
    await store.close();
    const uses: (() => Promise<unknown>)[] = [
      () => store.append([usageRecord({ id: 'new' })]),
      () => store.append([]),
      () => store.totals({}),
      () => store.series({ bucket: 'day' }),
      () => readAll(store),
      () => reading.next(),
    ];
    if (userTotals !== undefined) uses.push(() => userTotals('user-1'));
    for (const use of uses) {
      // oxlint-disable-next-line no-await-in-loop -- one use after the other
      await assert.rejects(use, (error: Error) => Reflect.get(error, 'code') === 'closed', String(use));
    }
  }),
  storeCase('finishes a batch that was handed in before close', async (store) => {
    const batch = Array.from({ length: 200 }, (_, index) => usageRecord({ id: `r${index}` }));
    const appended = store.append(batch);
    await store.close();
    assert.deepEqual(await appended, { inserted: 200, duplicates: 0 });
  }),
  storeCase('keeps its records past close where it says it is durable', async (store, { openAgain }) => {
    if (!store.capabilities.durable || openAgain === undefined) return;
    await store.append([usageRecord({ id: 'a' }), usageRecord({ id: 'b' })]);
    await store.close();
    const again = await openAgain();
    try {
      assert.deepEqual(await readIds(again), ['a', 'b']);
      assert.deepEqual(await again.append([usageRecord({ id: 'a' })]), { inserted: 0, duplicates: 1 });
      assert.equal((await again.totals({ userId: 'user-1' })).rev, 2);
    } finally {
      await again.close();
    }
  }),
  storeCase('shows what others stored where it says it is shared', async (store, { openAgain }) => {
    if (!store.capabilities.shared || openAgain === undefined) return;
    const other = await openAgain();
    try {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? store : other).append([
            usageRecord({ id: `r${index}`, callId: `c${index % 10}` }),
            usageRecord({ id: 'both' }),
          ]),
        ),
      );
      for (const reader of [store, other]) {
        // oxlint-disable-next-line no-await-in-loop -- one reader after the other
        const totals = await reader.totals({ userId: 'user-1' });
        assert.deepEqual([totals.rev, totals.calls, totals.tokens.inputTokens], [21, 11, 4200]);
        // oxlint-disable-next-line no-await-in-loop -- one reader after the other
        assert.equal((await readIds(reader)).length, 21);
      }
    } finally {
      await other.close();
    }
  }),
];

function ask(
  store: UsageStore,
  method: 'totals' | 'series' | 'records',
  query: Record<string, unknown>,
): Promise<unknown> {
  // What JavaScript callers can do and the types forbid.
  const loose = query as never;
  if (method === 'records') return readAll(store, loose);
  return method === 'totals' ? store.totals(loose) : store.series(loose);
}
