import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import { startMongo } from '../../src/testing/index.ts';
import type { TestMongo } from '../../src/testing/index.ts';
import { needsMongod } from '../needs-mongod.ts';
import { checkInvariants } from './invariants.ts';
import { startProxy } from './op-msg-proxy.ts';
import type { OpMsgProxy } from './op-msg-proxy.ts';
import { plainRecord } from './plain-record.ts';

const hasMongod = needsMongod();
let mongo: TestMongo;
let direct: MongoClient;
let proxy: OpMsgProxy;
let client: MongoClient;
beforeAll(async () => {
  if (!hasMongod()) return;
  mongo = await startMongo({ members: 0 });
  direct = new MongoClient(mongo.uri);
  proxy = await startProxy(mongo.members[0]?.host ?? '');
  client = new MongoClient(proxy.uri, { serverSelectionTimeoutMS: 60_000 });
});
afterAll(async () => {
  if (!hasMongod()) return;
  await Promise.all([client.close(), direct.close()]);
  await proxy.close();
  await mongo.stop();
});

const steps = [
  ['insert', 'kt_writers'],
  ['insert', 'kt_ledger'],
  ['update', 'users'],
  ['update', 'messages'],
] as const;

it.for(steps)(
  'kill -9 of the server just before %s on %s loses and doubles nothing',
  { timeout: 120_000 },
  async ([name, collection]) => {
    const db = `killed-before-${collection}`;
    const names = (kind: string) => [0, 1, 2].map((index) => ({ _id: `${kind}-${index}` }));
    const journaled = { writeConcern: { w: 1, journal: true } } as const;
    await direct.db(db).collection<{ _id: string }>('users').insertMany(names('user'), journaled);
    await direct.db(db).collection<{ _id: string }>('messages').insertMany(names('message'), journaled);
    const store = mongoStore({
      client,
      db,
      maintenance: false,
      recovery: false,
      timeoutMs: 60_000,
      commandTimeoutMs: 5000,
    });
    const [member] = mongo.members;
    const wanted = collection === 'kt_writers' ? 1 : 3;
    let met = 0;
    proxy.onCommand(async (command) => {
      if (command.name !== name || command.collection !== collection) return 'pass';
      met += 1;
      if (met !== wanted) return 'pass';
      await member?.kill('SIGKILL');
      await member?.start();
      return 'cut-before';
    });
    const ids: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const batch = [0, 1, 2, 3].map((part) =>
        plainRecord(`${round}-${part}`, `user-${part % 3}`, `message-${(round + part) % 3}`),
      );
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      expect(await store.append(batch)).toEqual({ inserted: 4, duplicates: 0 });
      ids.push(...batch.map(({ id }) => id));
    }
    proxy.onCommand(() => 'pass');
    expect(met).toBeGreaterThanOrEqual(wanted);
    await store.close();
    await checkInvariants(direct, db, ids);
  },
);
