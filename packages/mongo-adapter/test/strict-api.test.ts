import { usageRecord } from '@kilotoken/core/testing';
import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { mongoForTests } from './mongo-fixture.ts';

const { fresh, mongo } = mongoForTests();

it('a client that is bound to version 1 of the API, strictly, can do all that a store does', async () => {
  const { db, users, messages, open } = fresh();
  const client = new MongoClient(mongo().uri, { serverApi: { version: '1', strict: true, deprecationErrors: true } });
  onTestFinished(() => client.close());
  await users.insertOne({ _id: 'ann' });
  await messages.insertMany([{ _id: 'm1' }, { _id: 'm2', userId: 'ann', totalTokens: 7 }]);
  const problems: Error[] = [];
  const store = open({ db: client.db(db.databaseName), onError: (error) => problems.push(error) });
  await store.ensureIndexes();
  const attribution = { userId: 'ann', messageId: 'm1', conversationId: 'c1' };
  const records = ['a', 'b'].map((id) => usageRecord({ id, callId: id, attribution }));
  expect(await store.append(records)).toEqual({ inserted: 2, duplicates: 0 });
  await store.rollUp();
  await store.rollUp({ full: true });
  await store.backfill();
  await store.repairTypes();
  await store.recover();
  await store.retire();
  expect(await store.reconcile('ann')).toMatchObject({ state: 'right' });
  expect(await store.rebuild('ann')).toBe(true);
  expect(await store.userTotals('ann')).toMatchObject({ tokens: { totalTokens: 600 } });
  expect(await store.totals({ conversationId: 'c1' })).toMatchObject({ calls: 2 });
  expect(await store.series({ bucket: 'month', by: 'user' })).toHaveLength(2);
  for (const order of ['arrival', 'newest'] as const) {
    const found: string[] = [];
    // oxlint-disable-next-line no-await-in-loop -- one reading after the other
    for await (const { id } of store.records({ order })) found.push(id);
    expect(found).toHaveLength(4);
  }
  for await (const { state } of store.verify()) expect(state).toBe('right');
  expect(await store.erase('ann')).toEqual({ records: 4, hasDocument: true });
  await store.close();
  expect(problems).toEqual([]);
});
