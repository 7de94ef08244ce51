import { usageStoreConformance } from '@kilotoken/core/testing';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { mongoStore } from '../src/index.ts';
import type { MongoStoreOptions } from '../src/index.ts';
import { startMongo } from '../src/testing/index.ts';
import type { TestMongo } from '../src/testing/index.ts';
import { needsMongod } from './needs-mongod.ts';

const cases = usageStoreConformance.map((test, index) => ({ ...test, index }));

describe.for([
  ['a replica set', 1, {}],
  ['a standalone server', 0, {}],
  ['a replica set, with users made on the way', 1, { users: { upsert: true } }],
] as const)('mongoStore on %s', ([, members, options]) => {
  const hasMongod = needsMongod();
  let mongo: TestMongo;
  let client: MongoClient;
  beforeAll(async () => {
    if (!hasMongod()) return;
    mongo = await startMongo({ members });
    // What an app may have set must not weaken the store.
    client = new MongoClient(mongo.uri, { promoteLongs: false, w: 1, readConcernLevel: 'local', retryWrites: false });
  });
  afterAll(async () => {
    if (!hasMongod()) return;
    await client.close();
    await mongo.stop();
  });

  it.for(cases)('$name', { timeout: 60_000 }, async ({ run, index }) => {
    const open = () => mongoStore({ client, db: `case-${index}`, ...(options as Partial<MongoStoreOptions>) });
    try {
      await run(open, { openAgain: open });
    } finally {
      await client.db(`case-${index}`).dropDatabase();
    }
  });
});
