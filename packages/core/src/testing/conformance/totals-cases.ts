import assert from 'node:assert/strict';
import type { UsageQuery } from '../../storage/usage-store.ts';
import { usageRecord } from '../usage-record-builder.ts';
import { storeCase } from './conformance-case.ts';
import type { UsageStoreCase } from './conformance-case.ts';
import { expectedTotals, jsonOf } from './expected-usage.ts';
import { mixedQueries, queryInstants } from './mixed-queries.ts';
import { mixedRecords } from './mixed-records.ts';

const zero = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
/** Cases about `totals` and `userTotals`. */
export const totalsCases: readonly UsageStoreCase[] = [
  storeCase('shows zeros where there are no records', async (store) => {
    for (const query of [{}, { userId: 'nobody' }, { userId: null }, { from: new Date(0) }]) {
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      const totals = await store.totals(query);
      assert.deepEqual(
        { ...totals, toJSON: undefined },
        {
          calls: 0,
          tokens: zero,
          picoUsd: 0n,
          byOrigin: {},
          unpricedCalls: 0,
          rev: 0,
          toJSON: undefined,
        },
      );
    }
  }),
  storeCase('sums each count over the records that carry it, and shows no part that none carried', async (store) => {
    await store.append([
      usageRecord({ id: 'a', tokens: { inputTokens: 10, outputTokens: 5, totalTokens: 15, cacheReadInputTokens: 0 } }),
      usageRecord({ id: 'b', tokens: { inputTokens: 1, audioSeconds: 1.5 } }),
      usageRecord({ id: 'c', tokens: { audioSeconds: 2 } }),
    ]);
    const tokens = { inputTokens: 11, outputTokens: 5, totalTokens: 15, cacheReadInputTokens: 0, audioSeconds: 3.5 };
    assert.deepEqual((await store.totals({})).tokens, tokens);
    assert.deepEqual((await store.totals({ userId: 'user-1' })).tokens, tokens);
    assert.deepEqual((await store.totals({ from: new Date(0) })).tokens, tokens);
  }),
  storeCase('counts the attempts of one call as one call, also in two batches', async (store) => {
    await store.append([usageRecord({ id: 'a', callId: 'c', origin: 'missing', tokens: {} })]);
    await store.append([
      usageRecord({ id: 'b', callId: 'c', attempt: 2 }),
      usageRecord({ id: 'd', callId: 'c', attempt: 3, attribution: { userId: 'user-2' } }),
    ]);
    const all = await store.totals({});
    assert.deepEqual([all.calls, all.rev], [1, 3]);
    assert.deepEqual([all.byOrigin.missing?.calls, all.byOrigin.reported?.calls], [1, 1]);
    assert.equal((await store.totals({ userId: 'user-1' })).calls, 1);
    assert.equal((await store.totals({ userId: 'user-2' })).calls, 1);
  }),
  storeCase('counts a call as unpriced where it has tokens and no price', async (store) => {
    const cost = { basis: 'unpriced' } as const;
    await store.append([
      usageRecord({ id: 'a', callId: 'a', cost }),
      usageRecord({ id: 'b', callId: 'a', cost }),
      usageRecord({ id: 'c', cost, tokens: {}, origin: 'none' }),
      usageRecord({ id: 'd', cost, tokens: { audioSeconds: 3 } }),
      usageRecord({ id: 'e', cost: { picoUsd: 0, basis: 'card' } }),
    ]);
    assert.equal((await store.totals({})).unpricedCalls, 2);
    assert.equal((await store.totals({ userId: 'user-1' })).unpricedCalls, 2);
    assert.equal((await store.totals({ to: new Date('2100-01-01') })).unpricedCalls, 2);
  }),
  storeCase('raises rev with every stored record of the user, whatever else is asked', async (store) => {
    await store.append([usageRecord({ id: 'a' }), usageRecord({ id: 'b', attribution: { userId: 'user-2' } })]);
    await store.append([usageRecord({ id: 'c', attribution: {} }), usageRecord({ id: 'a' })]);
    const rev = async (query: UsageQuery): Promise<number> => (await store.totals(query)).rev;
    assert.equal(await rev({}), 3);
    assert.equal(await rev({ userId: 'user-1' }), 1);
    assert.equal(await rev({ userId: null }), 1);
    assert.equal(await rev({ userId: 'user-1', from: new Date('2100-01-01') }), 1);
    assert.equal(await rev({ messageId: 'none' }), 3);
  }),
  storeCase('lets a negative correction lower the sums without counting a call', async (store) => {
    await store.append([usageRecord({ id: 'a', callId: 'c' })]);
    await store.append([
      usageRecord({
        id: 'b',
        callId: 'c',
        kind: 'adjustment',
        tokens: { inputTokens: -250, totalTokens: -250 },
        cost: { picoUsd: -300_000_000, basis: 'override' },
      }),
    ]);
    const totals = await store.totals({ userId: 'user-1' });
    assert.deepEqual(totals.tokens, { inputTokens: -50, outputTokens: 100, totalTokens: 50 });
    assert.deepEqual([totals.calls, totals.picoUsd], [1, -50_000_000n]);
    assert.equal((await store.totals({ tenantId: 'other' })).picoUsd, 0n);
    assert.equal((await store.totals({ from: new Date(0) })).picoUsd, -50_000_000n);
  }),
  storeCase('sums money beyond 2^53 exactly', async (store) => {
    const picoUsd = Number.MAX_SAFE_INTEGER;
    const ids = ['a', 'b', 'c'];
    await store.append(ids.map((id) => usageRecord({ id, cost: { picoUsd, basis: 'card' } })));
    await store.append([usageRecord({ id: 'd', cost: { picoUsd: 1, basis: 'card' } })]);
    const sum = 27_021_597_764_222_974n;
    assert.equal((await store.totals({ userId: 'user-1' })).picoUsd, sum);
    assert.equal((await store.totals({ from: new Date(0) })).byOrigin.reported?.picoUsd, sum);
    assert.equal((await store.series({ bucket: 'day' }))[0]?.picoUsd, sum);
  }),
  storeCase('includes from and excludes to, to the millisecond', async (store) => {
    await store.append(
      [0, 1, 2].map((offset) => usageRecord({ id: `${offset}`, startedAt: new Date(1_000_000 + offset) })),
    );
    const calls = async (from: number, to: number): Promise<number> =>
      (await store.totals({ userId: 'user-1', from: new Date(1_000_000 + from), to: new Date(1_000_000 + to) })).calls;
    assert.deepEqual(await Promise.all([calls(0, 2), calls(0, 3), calls(1, 2), calls(1, 1)]), [2, 3, 1, 0]);
  }),
  storeCase('finds tags whatever their text', async (store) => {
    const tags = { 'a.b': '$x', 'k=v&': '"&', ü: '😀', '': 'empty key' };
    await store.append([usageRecord({ attribution: { userId: 'user-1', tags } })]);
    for (const [key, value] of Object.entries(tags)) {
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      assert.equal((await store.totals({ tags: { [key]: value } })).calls, 1, key);
    }
    assert.equal((await store.totals({ tags })).calls, 1);
    assert.equal((await store.totals({ tags: { ...tags, more: 'x' } })).calls, 0);
    assert.equal((await store.totals({ tags: { k: 'v&="&' } })).calls, 0);
  }),
  storeCase('answers every kind of query as a plain count over the records does', async (store) => {
    const records = mixedRecords(300, queryInstants);
    await store.append(records.slice(0, 120));
    await store.append(records.slice(100));
    const found = await Promise.all(mixedQueries.map(async (query) => [query, jsonOf(await store.totals(query))]));
    assert.deepEqual(
      found,
      mixedQueries.map((query) => [query, expectedTotals(records, query)]),
    );
  }),
  storeCase('gives the same for one user by its fast path, where it has one', async (store) => {
    if (store.userTotals === undefined) return;
    await store.append(mixedRecords(60, queryInstants));
    const { userTotals } = store;
    for (const userId of ['user-1', 'user-2', 'nobody']) {
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      assert.deepEqual(jsonOf(await userTotals(userId)), jsonOf(await store.totals({ userId })));
    }
  }),
  storeCase('turns money into decimal strings in JSON', async (store) => {
    await store.append([usageRecord()]);
    const sums = { calls: 1, tokens: usageRecord().tokens, picoUsd: '250000000' };
    assert.deepEqual(jsonOf(await store.totals({})), {
      ...sums,
      byOrigin: { reported: sums },
      unpricedCalls: 0,
      rev: 1,
    });
    assert.deepEqual(jsonOf(await store.series({ bucket: 'day' })), [{ at: '2026-11-22T00:00:00.000Z', ...sums }]);
  }),
];
