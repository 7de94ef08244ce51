import assert from 'node:assert/strict';
import { usageRecord } from '../usage-record-builder.ts';
import { readAll, readIds, storeCase } from './conformance-case.ts';
import type { UsageStoreCase } from './conformance-case.ts';
import { expectedIds } from './expected-usage.ts';
import { mixedQueries, queryInstants } from './mixed-queries.ts';
import { mixedRecords } from './mixed-records.ts';

const numbered = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => usageRecord({ id: `r${first + index}` }));
const idsOf = (count: number, first = 0): string[] => numbered(count, first).map(({ id }) => id);

const every = (step: number, from = 0): string[] => idsOf(250).filter((_, index) => index % step === from);

/** Cases about `records`. */
export const recordsCases: readonly UsageStoreCase[] = [
  storeCase('reads in order of arrival, so a late old record is never behind a cursor', async (store) => {
    await store.append(numbered(3));
    const last = (await readAll(store)).at(-1);
    await store.append([usageRecord({ id: 'late', startedAt: new Date('2020-01-01') })]);
    assert.deepEqual(await readIds(store, { after: last?.cursor ?? '' }), ['late']);
    assert.deepEqual(await readIds(store), ['r0', 'r1', 'r2', 'late']);
  }),
  storeCase('reads in pieces by cursor and limit without a gap or a repeat', async (store) => {
    // Pieces end at cursors of two digits and of three, where a store counts them: no text is compared.
    await store.append(numbered(250));
    for (const order of ['arrival', 'newest'] as const) {
      const seen: string[] = [];
      let after: string | undefined;
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one piece after the other
        const piece = await readAll(store, { order, limit: 70, ...(after === undefined ? {} : { after }) });
        seen.push(...piece.map(({ id }) => id));
        after = piece.at(-1)?.cursor;
        // Else a store that takes no cursor would be read for ever.
        if (piece.length < 70 || seen.length > 250) break;
      }
      assert.deepEqual(seen, order === 'arrival' ? idsOf(250) : idsOf(250).toReversed());
    }
  }),
  storeCase('gives no more than limit, and nothing for limit 0', async (store) => {
    await store.append(numbered(5));
    assert.deepEqual(await readIds(store, { limit: 2 }), ['r0', 'r1']);
    assert.deepEqual(await readIds(store, { limit: 2, order: 'newest' }), ['r4', 'r3']);
    assert.deepEqual(await readIds(store, { limit: 0 }), []);
    assert.deepEqual(await readIds(store, { limit: 50 }), idsOf(5));
  }),
  storeCase('restricts records by the query and goes on behind a cursor of it', async (store) => {
    await store.append(
      Array.from({ length: 250 }, (_, index) =>
        usageRecord({
          id: `r${index}`,
          startedAt: new Date(1_000_000 - index),
          attribution: { ...(index % 2 === 0 ? { userId: 'even' } : {}), tenantId: `t${index % 5}` },
        }),
      ),
    );
    assert.deepEqual(await readIds(store, { userId: 'even' }), every(2));
    assert.deepEqual(await readIds(store, { userId: null }), every(2, 1));
    assert.deepEqual(await readIds(store, { tenantId: 't3', order: 'newest' }), every(5, 3).toReversed());
    assert.deepEqual(await readIds(store, { userId: 'even', tenantId: 't0' }), every(10));
    assert.deepEqual(await readIds(store, { from: new Date(999_999) }), ['r0', 'r1']);
    const [, second] = await readAll(store, { userId: 'even', limit: 2 });
    assert.deepEqual(await readIds(store, { userId: 'even', after: second?.cursor ?? '', limit: 1 }), ['r4']);
  }),
  storeCase(
    'gives for every kind of query the records a plain look at all of them finds, in both orders',
    async (store) => {
      const records = mixedRecords(200, queryInstants);
      await store.append(records);
      for (const query of mixedQueries) {
        const ids = expectedIds(records, query);
        // oxlint-disable-next-line no-await-in-loop -- one question after the other
        assert.deepEqual(await readIds(store, query), ids, JSON.stringify(query));
        // oxlint-disable-next-line no-await-in-loop
        assert.deepEqual(await readIds(store, { ...query, order: 'newest' }), ids.toReversed(), JSON.stringify(query));
      }
    },
  ),
  storeCase('reads on while others append', async (store) => {
    await store.append(numbered(150));
    const seen: string[] = [];
    for await (const { id } of store.records({})) {
      if (seen.length < 10) await store.append(numbered(1, 150 + seen.length));
      seen.push(id);
    }
    assert.deepEqual(seen.slice(0, 150), idsOf(150));
    assert.equal(new Set(seen).size, seen.length);
    const newest: string[] = [];
    for await (const { id } of store.records({ order: 'newest' })) {
      if (newest.length < 10) await store.append(numbered(1, 500 + newest.length));
      newest.push(id);
    }
    assert.deepEqual(newest, idsOf(160).toReversed());
  }),
  storeCase('can be read twice and left early', async (store) => {
    await store.append(numbered(120));
    const [first] = await readIds(store);
    for await (const { id } of store.records({})) {
      assert.equal(id, first);
      break;
    }
    assert.deepEqual(await store.append(numbered(1, 120)), { inserted: 1, duplicates: 0 });
  }),
];
