import { MongoClient } from 'mongodb';
import type { CreateCollectionOptions } from 'mongodb';
import { expect, it } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import { mongoForTests } from '../mongo-fixture.ts';
import { plainRecord } from './plain-record.ts';

const { fresh, mongo } = mongoForTests(0);
const timeSeries = { timeseries: { timeField: 't' } };

it.for<[string, string, CreateCollectionOptions]>([
  ['kt_ledger', 'is a time-series collection', timeSeries],
  ['kt_ledger', 'is capped', { capped: true, size: 4096 }],
  ['kt_ledger', 'is a view', { viewOn: 'rows', pipeline: [] }],
  ['kt_ledger', 'has a collation', { collation: { locale: 'en', strength: 2 } }],
  ['kt_writers', 'is capped', { capped: true, size: 4096 }],
  ['kt_rollups', 'is a time-series collection', timeSeries],
  ['users', 'is a time-series collection', timeSeries],
  ['users', 'is a view', { viewOn: 'people', pipeline: [] }],
  ['messages', 'is a time-series collection', timeSeries],
])('a collection %s that %s is refused at once, before anything is stored', async ([name, reason, kind]) => {
  const { db, users, open } = fresh();
  await db.createCollection(name, kind);
  const store = open();
  const records = [plainRecord('a', 'user-1', 'message-1')];
  const refusal = {
    name: 'MeterError',
    code: 'store_failed',
    message: expect.stringContaining(`collection "${name}" ${reason}`),
  };
  await expect(store.ensureIndexes()).rejects.toMatchObject(refusal);
  await expect(store.append(records)).rejects.toMatchObject(refusal);
  await expect(store.append(records)).rejects.toMatchObject(refusal);
  expect(await db.collection('kt_writers').countDocuments()).toBe(0);
  await db.dropCollection(name);
  await users.insertOne({ _id: 'user-1' });
  expect(await store.append(records)).toEqual({ inserted: 1, duplicates: 0 });
  expect(await users.findOne()).toMatchObject({ totalTokensUsed: 300 });
  await store.close();
});

it('collections of the app that are not used may be of any kind, and capped messages are its own affair', async () => {
  const { db, open } = fresh();
  await db.createCollection('users', timeSeries);
  await db.createCollection('messages', { capped: true, size: 4096 });
  const store = open({ users: false });
  await store.ensureIndexes();
  expect(await store.append([plainRecord('a', 'user-1')])).toEqual({ inserted: 1, duplicates: 0 });
  await store.close();
});

it('is looked at once per writer, not once per batch', async () => {
  const { db } = fresh();
  const client = new MongoClient(mongo().uri, { monitorCommands: true });
  const sent: string[] = [];
  client.on('commandStarted', ({ commandName }) => sent.push(commandName));
  const store = mongoStore({ client, db: db.databaseName, maintenance: false, recovery: false });
  for (const id of ['a', 'b', 'c']) {
    // oxlint-disable-next-line no-await-in-loop -- batches of their own
    await store.append([plainRecord(id, 'user-1')]);
  }
  expect(sent.filter((name) => name === 'listCollections')).toHaveLength(1);
  expect(sent.filter((name) => name === 'insert').length).toBeGreaterThanOrEqual(4);
  await store.close();
  await client.close();
});

it.for<[string, CreateCollectionOptions]>([
  ['time series', timeSeries],
  ['view', { viewOn: 'people', pipeline: [] }],
])('users that become a %s while a store is open are reported, and do not hold up an append', async ([, kind]) => {
  const { db, users, ledger, open } = fresh();
  const errors: Error[] = [];
  const store = open({ onError: (error) => errors.push(error) });
  await users.insertOne({ _id: 'user-1' });
  await store.append([plainRecord('a', 'user-1')]);
  await users.drop();
  await db.createCollection('users', kind);
  const documents = db.collection<{ _id: string; t: Date }>('viewOn' in kind ? 'people' : 'users');
  await documents.insertOne({ _id: 'user-1', t: new Date() });
  expect(await store.append([plainRecord('b', 'user-1')])).toEqual({ inserted: 1, duplicates: 0 });
  expect(errors.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/user "user-1" refused its usage: .*(time-series|view)/),
  );
  expect(await ledger.countDocuments()).toBe(2);
  await users.drop();
  await users.insertOne({ _id: 'user-1' });
  await store.rebuild('user-1');
  expect(await users.findOne()).toMatchObject({ totalTokensUsed: 600 });
  await store.close();
});
