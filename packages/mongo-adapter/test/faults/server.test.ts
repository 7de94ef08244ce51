import { MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import { startMongo } from '../../src/testing/index.ts';
import type { TestMongo } from '../../src/testing/index.ts';
import { failCommand, mongoForTests } from '../mongo-fixture.ts';
import { needsMongod } from '../needs-mongod.ts';
import { checkInvariants } from './invariants.ts';
import { load, makeUsers, userCount } from './load.ts';
import { plainRecord } from './plain-record.ts';

describe('a command the server fails', () => {
  const { client, fresh, hasMongod } = mongoForTests();
  afterEach(async () => {
    if (hasMongod()) await failCommand(client(), 'off');
  });

  const troubles: readonly (readonly [string, number, Document])[] = [
    ['NotWritablePrimary, three times', 3, { errorCode: 10_107, errorLabels: ['RetryableWriteError'] }],
    ['ShutdownInProgress', 3, { errorCode: 91, errorLabels: ['RetryableWriteError'] }],
    ['an overload', 3, { errorCode: 462, errorLabels: ['SystemOverloadedError', 'RetryableError'] }],
    ['InterruptedAtShutdown', 2, { errorCode: 11_600 }],
    ['PrimarySteppedDown', 3, { errorCode: 189, closeConnection: false }],
    ['a write concern error after it was applied', 2, { writeConcernError: { code: 64, errmsg: 'waiting timed out' } }],
    ['a write concern nobody can satisfy', 2, { writeConcernError: { code: 100, errmsg: 'not enough members' } }],
    ['a shutdown in the write concern', 2, { writeConcernError: { code: 91, errmsg: 'shutdown' } }],
    ['an answer later than our patience', 1, { blockConnection: true, blockTimeMS: 700 }],
    ['a closed connection', 3, { closeConnection: true }],
  ];
  it.for(troubles.flatMap((trouble) => (['insert', 'update'] as const).map((name) => [name, ...trouble] as const)))(
    '%s meets %s: nothing is lost or doubled',
    async ([name, , times, data]) => {
      const { db, users } = fresh();
      await makeUsers(client(), db.databaseName);
      const store = mongoStore({ db, messages: false, maintenance: false, recovery: false, commandTimeoutMs: 300 });
      await store.append([plainRecord('first', 'user-0')]);
      await failCommand(client(), times, { ...data, failCommands: [name] });
      const batch = Array.from({ length: 10 }, (_, index) => plainRecord(`r${index}`, `user-${index % userCount}`));
      expect(await store.append(batch)).toEqual({ inserted: 10, duplicates: 0 });
      await failCommand(client(), 'off');
      await store.close();
      await checkInvariants(client(), db.databaseName, ['first', ...batch.map(({ id }) => id)]);
      expect(await users.countDocuments({ totalTokensUsed: { $gte: 600 } })).toBe(userCount);
    },
  );

  it('for lack of rights is reported at once, and the records can be handed in again', async () => {
    const { db } = fresh();
    await makeUsers(client(), db.databaseName);
    const store = mongoStore({ db, maintenance: false, recovery: false });
    await failCommand(client(), 'always', { errorCode: 13, failCommands: ['insert'] });
    await expect(store.append([plainRecord('a', 'user-0')])).rejects.toMatchObject({ code: 'store_failed' });
    await failCommand(client(), 'off');
    expect(await store.append([plainRecord('a', 'user-0')])).toEqual({ inserted: 1, duplicates: 0 });
    await store.close();
    await checkInvariants(client(), db.databaseName, ['a']);
  });
});

describe('a hot user', () => {
  const { client, fresh } = mongoForTests();

  it('is counted exactly by sixteen writers at once', { timeout: 60_000 }, async () => {
    const { db } = fresh();
    await makeUsers(client(), db.databaseName);
    const stores = Array.from({ length: 16 }, () =>
      mongoStore({ db, messages: false, maintenance: false, recovery: false }),
    );
    const ids = await Promise.all(
      stores.map(async (store, side) => {
        const records = Array.from({ length: 60 }, (_, index) => plainRecord(`${side}-${index}`, 'user-0'));
        await Promise.all(records.map((record) => store.append([record])));
        await store.close();
        return records.map(({ id }) => id);
      }),
    );
    await checkInvariants(client(), db.databaseName, ids.flat());
  });
});

describe('a server that dies', { timeout: 180_000 }, () => {
  const hasMongod = needsMongod();
  let mongo: TestMongo;
  let client: MongoClient;
  afterEach(async () => {
    if (!hasMongod()) return;
    await client.close();
    await mongo.stop();
  });

  it('of kill -9 in the middle of the load, three times, has lost nothing it acknowledged', async () => {
    mongo = await startMongo({ members: 0 });
    client = new MongoClient(mongo.uri);
    await makeUsers(client, 'app');
    const store = mongoStore({
      client,
      db: 'app',
      messages: false,
      maintenance: false,
      recovery: false,
      commandTimeoutMs: 5000,
    });
    const traffic = load(store, 4);
    for (let round = 1; round <= 3; round += 1) {
      const enough = traffic.acknowledged.size + 150;
      // oxlint-disable-next-line no-await-in-loop -- one death after the other
      await expect.poll(() => traffic.acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(enough);
      // oxlint-disable-next-line no-await-in-loop -- see above
      await mongo.members[0]?.kill('SIGKILL');
      // oxlint-disable-next-line no-await-in-loop -- see above
      await mongo.members[0]?.start();
    }
    await traffic.stop();
    await store.close();
    await checkInvariants(client, 'app', traffic.acknowledged);
  });

  it('or steps down, or stands still, in a set of three leaves every total exact', async () => {
    mongo = await startMongo({ members: 3 });
    client = new MongoClient(mongo.uri, { serverSelectionTimeoutMS: 60_000, connectTimeoutMS: 2000 });
    await makeUsers(client, 'app');
    const store = mongoStore({
      client,
      db: 'app',
      messages: false,
      maintenance: false,
      recovery: false,
      commandTimeoutMs: 3000,
    });
    const traffic = load(store, 4);
    const more = async (): Promise<void> => {
      const enough = traffic.acknowledged.size + 100;
      await expect.poll(() => traffic.acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(enough);
    };
    await more();
    await client.db('admin').command({ replSetStepDown: 2, force: true });
    await more();
    // The primary stands still: what it alone had is rolled back when it wakes.
    const primary = await primaryOf(client, mongo);
    await primary?.kill('SIGSTOP');
    await more();
    await primary?.kill('SIGCONT');
    await more();
    const next = await primaryOf(client, mongo);
    await next?.kill('SIGKILL');
    await more();
    await next?.start();
    await more();
    await traffic.stop();
    await store.close();
    await checkInvariants(client, 'app', traffic.acknowledged);
  });
});

async function primaryOf(client: MongoClient, mongo: TestMongo) {
  const { primary } = await client.db('admin').command({ hello: 1 });
  return mongo.members.find(({ host }) => host === primary);
}
