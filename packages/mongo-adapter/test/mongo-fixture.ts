import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import type { Collection, Db, Document } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import { mongoStore } from '../src/index.ts';
import type { MongoStore, MongoStoreOptions } from '../src/index.ts';
import { startMongo } from '../src/testing/index.ts';
import type { TestMongo } from '../src/testing/index.ts';
import { needsMongod } from './needs-mongod.ts';

/** One database of its own on a shared server. */
export interface MongoFixture {
  readonly db: Db;
  readonly users: Collection<{ _id: string } & Document>;
  readonly messages: Collection<{ _id: string } & Document>;
  readonly ledger: Collection<{ _id: string } & Document>;
  readonly writers: Collection<{ _id: string } & Document>;
  open(options?: MongoStoreOptions): MongoStore;
  /** Makes every writer look as if its process had died long ago. */
  letLeasesEnd(): Promise<void>;
}

/** Starts a server for the tests of one file; each `fresh()` is an empty database on it. */
export function mongoForTests(members: 0 | 1 | 3 = 1): {
  fresh(): MongoFixture;
  mongo(): TestMongo;
  client(): MongoClient;
  hasMongod(): boolean;
} {
  const hasMongod = needsMongod();
  let mongo: TestMongo;
  let client: MongoClient;
  beforeAll(async () => {
    if (!hasMongod()) return;
    mongo = await startMongo({ members });
    // A server that says it is shutting down is looked at again soon, not in ten seconds.
    client = new MongoClient(mongo.uri, { heartbeatFrequencyMS: 500 });
  }, 180_000);
  afterAll(async () => {
    if (!hasMongod()) return;
    await client.close();
    await mongo.stop();
  });
  return {
    mongo: () => mongo,
    client: () => client,
    hasMongod,
    fresh() {
      const db = client.db(`test-${randomUUID()}`);
      return {
        db,
        users: db.collection('users'),
        messages: db.collection('messages'),
        ledger: db.collection('kt_ledger'),
        writers: db.collection('kt_writers'),
        open: (options = {}) => mongoStore({ db, maintenance: false, recovery: false, ...options }),
        async letLeasesEnd() {
          await db.collection('kt_writers').updateMany({}, { $set: { l: new Date(0) } });
        },
      };
    },
  };
}

/** Lets a server command fail, a number of times; see MongoDB's `failCommand` fail point. */
export async function failCommand(
  client: MongoClient,
  times: number | 'always' | 'off',
  data: Document = {},
): Promise<void> {
  await client.db('admin').command({
    configureFailPoint: 'failCommand',
    mode: times === 'off' ? 'off' : times === 'always' ? 'alwaysOn' : { times },
    ...(times === 'off' ? {} : { data }),
  });
}
