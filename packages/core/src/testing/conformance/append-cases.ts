import assert from 'node:assert/strict';
import type { UsageRecord } from '../../recording/usage-record.ts';
import { usageRecord } from '../usage-record-builder.ts';
import { readAll, readIds, storeCase, withoutCursors } from './conformance-case.ts';
import type { UsageStoreCase } from './conformance-case.ts';

const fullRecord = usageRecord({
  id: 'full',
  kind: 'adjustment',
  attempt: 3,
  startedAt: new Date('2026-11-22T09:59:59.999Z'),
  firstChunkAt: new Date('2026-11-22T10:00:00.123Z'),
  serviceTier: 'flex',
  responseId: 'chatcmpl-1',
  requestId: 'req_1',
  streamed: false,
  outcome: 'stopped',
  origin: 'estimated',
  tokens: {
    inputTokens: 211,
    outputTokens: 96,
    totalTokens: 310,
    cacheReadInputTokens: 128,
    cacheWriteInputTokens: 1,
    reasoningOutputTokens: 64,
    audioInputTokens: 0,
    audioOutputTokens: 7,
    audioSeconds: 2.5,
  },
  cost: { picoUsd: 9_007_199_254_740_991, basis: 'provider', computedPicoUsd: -1, cardId: 'a/b', priceVersion: '2026' },
  attribution: {
    userId: 'user-1',
    tenantId: 'tenant-1',
    conversationId: 'conversation-1',
    messageId: 'message-1',
    tags: { feature: 'chat', 'a.b': '$c', 'ä&=%': '"q"', empty: '' },
  },
  rawUsage: { prompt_tokens: 211, details: [null, { $cost: 0.000_1, 'a.b': 'ü' }], empty: {} },
});

const { requestModel: _model, responseModel: _answer, ...withoutModels } = usageRecord({ id: 'bare' });
const bareRecord: UsageRecord = { ...withoutModels, tokens: {}, cost: { basis: 'unpriced' }, attribution: {} };

/** Cases about `append`: what is stored, and that it is stored once. */
export const appendCases: readonly UsageStoreCase[] = [
  storeCase('gives every field of a record back as it was', async (store) => {
    await store.append([fullRecord]);
    assert.deepEqual(withoutCursors(await readAll(store)), [fullRecord]);
  }),
  storeCase('leaves fields absent that a record does not have', async (store) => {
    await store.append([bareRecord]);
    assert.deepEqual(withoutCursors(await readAll(store)), [bareRecord]);
  }),
  storeCase('keeps an explicit zero, an empty text and empty tags', async (store) => {
    const record = usageRecord({
      tokens: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      cost: { picoUsd: 0, basis: 'card' },
      attribution: { userId: '', tags: {} },
      rawUsage: null,
    });
    await store.append([record]);
    assert.deepEqual(withoutCursors(await readAll(store, { userId: '' })), [record]);
    assert.equal((await store.totals({ userId: '' })).calls, 1);
    assert.equal((await store.totals({ userId: null })).calls, 0);
  }),
  storeCase('takes an empty batch', async (store) => {
    assert.deepEqual(await store.append([]), { inserted: 0, duplicates: 0 });
  }),
  storeCase('stores an id once when one batch has it twice', async (store) => {
    const result = await store.append([usageRecord(), usageRecord(), usageRecord({ id: 'other' })]);
    assert.deepEqual(result, { inserted: 2, duplicates: 1 });
    assert.equal((await store.totals({})).tokens.totalTokens, 600);
  }),
  storeCase('stores an id once when two batches have it, and keeps the first', async (store) => {
    await store.append([usageRecord()]);
    const result = await store.append([usageRecord({ provider: 'other' }), usageRecord({ id: 'new' })]);
    assert.deepEqual(result, { inserted: 1, duplicates: 1 });
    assert.deepEqual(withoutCursors(await readAll(store)), [usageRecord(), usageRecord({ id: 'new' })]);
    assert.equal((await store.totals({ userId: 'user-1' })).rev, 2);
  }),
  storeCase('stores and counts each record once when the same batches are appended at the same time', async (store) => {
    const batch = Array.from({ length: 100 }, (_, index) =>
      usageRecord({ id: `r${index}`, attribution: { userId: `user-${index % 3}` } }),
    );
    const results = await Promise.all([
      store.append(batch),
      store.append(batch.toReversed()),
      store.append(batch.slice(50)),
      store.append(batch.slice(0, 50)),
    ]);
    assert.equal(sum(results.map(({ inserted }) => inserted)), 100);
    assert.equal(sum(results.map(({ duplicates }) => duplicates)), 200);
    const totals = await store.totals({});
    assert.deepEqual([totals.calls, totals.rev, totals.tokens.totalTokens], [100, 100, 30_000]);
    const users = await Promise.all([0, 1, 2].map((user) => store.totals({ userId: `user-${user}` })));
    assert.deepEqual(
      users.map(({ calls }) => calls),
      [34, 33, 33],
    );
  }),
  storeCase('takes a batch of a thousand', async (store) => {
    const batch = Array.from({ length: 1000 }, (_, index) => usageRecord({ id: `r${index}` }));
    assert.deepEqual(await store.append(batch), { inserted: 1000, duplicates: 0 });
    assert.deepEqual(
      await readIds(store),
      batch.map(({ id }) => id),
    );
  }),
  storeCase('accepts any text as an id', async (store) => {
    const ids = [
      '',
      ' ',
      'a.b',
      '$set',
      '$a.$b',
      '__proto__',
      'ünï-😀',
      "'; --",
      '%',
      '\n',
      'A',
      'a',
      'x'.repeat(20_000),
    ];
    const records = ids.map((id) => usageRecord({ id, callId: id, attribution: { userId: id, messageId: id } }));
    assert.deepEqual(await store.append(records), { inserted: ids.length, duplicates: 0 });
    assert.deepEqual(await readIds(store), ids);
    for (const id of ids) {
      // oxlint-disable-next-line no-await-in-loop -- one question per id, in order
      const totals = await store.totals({ userId: id, messageId: id });
      assert.deepEqual([totals.calls, totals.rev], [1, 1], JSON.stringify(id.slice(0, 20)));
    }
  }),
  storeCase('refuses a record that can never be stored, and stores the others of the batch', async (store) => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const poison = [
      usageRecord({ id: 'bigint', rawUsage: { tokens: 1n } }),
      usageRecord({ id: 'circular', rawUsage: circular }),
      usageRecord({ id: 'date', startedAt: new Date(Number.NaN) }),
      usageRecord({ id: 'unsafe', tokens: { totalTokens: 2 ** 53 } }),
      usageRecord({ id: 'fraction', cost: { picoUsd: 0.5, basis: 'card' } }),
    ];
    const result = await store.append([usageRecord({ id: 'a' }), ...poison, usageRecord({ id: 'b' })]);
    assert.deepEqual([result.inserted, result.duplicates], [2, 0]);
    assert.deepEqual(
      result.rejected?.map(({ id }) => id),
      poison.map(({ id }) => id),
    );
    for (const { error } of result.rejected ?? []) assert.equal(Reflect.get(error, 'code'), 'record_rejected');
    assert.deepEqual(await readIds(store), ['a', 'b']);
    assert.equal((await store.totals({})).rev, 2);
  }),
  storeCase('takes frozen records and leaves them as they are', async (store) => {
    const record = deepFreeze(structuredClone(fullRecord));
    await store.append(Object.freeze([record]));
    assert.deepEqual(record, fullRecord);
  }),
  storeCase('shares no object with the caller or between readers', async (store) => {
    const record = structuredClone(fullRecord);
    await store.append([record]);
    spoil(record);
    const [first] = await readAll(store);
    assert.deepEqual(withoutCursors(await readAll(store)), [fullRecord]);
    spoil(first);
    assert.deepEqual(withoutCursors(await readAll(store)), [fullRecord]);
    assert.equal((await store.totals({ from: fullRecord.startedAt })).tokens.inputTokens, 211);
  }),
];

function spoil(record: UsageRecord | undefined): void {
  record?.startedAt.setTime(0);
  record?.endedAt.setTime(0);
  for (const part of [record?.tokens, record?.cost, record?.attribution.tags, record?.rawUsage, record?.attribution]) {
    if (typeof part === 'object' && part !== null) for (const key of Object.keys(part)) Reflect.set(part, key, 0);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
