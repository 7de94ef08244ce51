import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import { startMongo } from '../../src/testing/index.ts';
import type { TestMongo } from '../../src/testing/index.ts';
import { needsMongod } from '../needs-mongod.ts';
import { checkInvariants } from './invariants.ts';
import { plainRecord } from './plain-record.ts';

const hasMongod = needsMongod();
let mongo: TestMongo;
let admin: MongoClient;
beforeAll(async () => {
  if (!hasMongod()) return;
  mongo = await startMongo({ members: 0, args: ['--auth'] });
  const first = new MongoClient(mongo.uri);
  await first.db('admin').command({ createUser: 'admin', pwd: 'secret', roles: ['root'] });
  await first.close();
  admin = new MongoClient(mongo.uri, { auth: { username: 'admin', password: 'secret' } });
});
afterAll(async () => {
  if (!hasMongod()) return;
  await admin.close();
  await mongo.stop();
});

it('a database user that may only read is told so at once, loses nothing, and goes on once it may write', async () => {
  const db = admin.db('app');
  await db.command({ createUser: 'reader', pwd: 'secret', roles: [{ role: 'read', db: 'app' }] });
  await db.collection<{ _id: string }>('users').insertOne({ _id: 'user-1' });
  const auth = { username: 'reader', password: 'secret' };
  const client = new MongoClient(mongo.uri, { auth, authSource: 'app' });
  const store = mongoStore({ client, db: 'app', maintenance: false, recovery: false });
  const records = ['a', 'b'].map((id) => plainRecord(id, 'user-1'));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- refused again as before
    await expect(store.append(records)).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringMatching(/not authorized.*grant the role readWrite/),
    });
  }
  expect((await store.userTotals('user-1')).calls).toBe(0);
  expect(await db.listCollections({ name: /^kt_/ }).toArray()).toEqual([]);
  await db.command({ grantRolesToUser: 'reader', roles: [{ role: 'readWrite', db: 'app' }] });
  expect(await store.append(records)).toEqual({ inserted: 2, duplicates: 0 });
  await store.close();
  await client.close();
  await checkInvariants(admin, 'app', ['a', 'b']);
});

it('a wrong password is named as such', async () => {
  const client = new MongoClient(mongo.uri, { auth: { username: 'nobody', password: 'wrong' } });
  const store = mongoStore({ client, db: 'app', maintenance: false, recovery: false });
  await expect(store.append([plainRecord('c', 'user-1')])).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringMatching(/: 1 record is not yet stored .* user or password in the connection string/),
  });
  await store.close();
  await client.close();
});

it('a role that may not list collections works, and is told of a time series all the same', async () => {
  const db = admin.db('narrow');
  const actions = ['find', 'insert', 'update'];
  const names = ['kt_ledger', 'kt_writers', 'kt_rollups', 'users', 'messages'];
  const privileges = names.map((collection) => ({ resource: { db: 'narrow', collection }, actions }));
  await db.command({ createRole: 'narrow', privileges, roles: [] });
  await db.command({ createUser: 'narrow', pwd: 'secret', roles: ['narrow'] });
  await db.collection<{ _id: string }>('users').insertOne({ _id: 'user-1' });
  await db.createCollection('messages', { timeseries: { timeField: 't' } });
  const auth = { username: 'narrow', password: 'secret' };
  const client = new MongoClient(mongo.uri, { auth, authSource: 'narrow' });
  await expect(client.db('narrow').listCollections().toArray()).rejects.toMatchObject({ code: 13 });
  const store = mongoStore({ client, db: 'narrow', maintenance: false, recovery: false });
  await expect(store.append([plainRecord('a', 'user-1')])).rejects.toMatchObject({
    message: expect.stringContaining('collection "messages" is a time-series collection'),
  });
  await db.dropCollection('messages');
  expect(await store.append([plainRecord('a', 'user-1')])).toEqual({ inserted: 1, duplicates: 0 });
  await store.close();
  await client.close();
});
