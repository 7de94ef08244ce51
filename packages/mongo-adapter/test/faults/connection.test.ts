import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import { mongoForTests } from '../mongo-fixture.ts';
import { checkInvariants } from './invariants.ts';
import { startProxy } from './op-msg-proxy.ts';
import type { CommandFate, OpMsgProxy } from './op-msg-proxy.ts';
import { plainRecord } from './plain-record.ts';

const fates: readonly CommandFate[] = ['cut-before', 'cut-after', 'duplicate', 'late'];
const steps = [
  ['insert', 'kt_ledger'],
  ['update', 'users'],
  ['update', 'messages'],
  ['aggregate', 'kt_ledger'],
  ['insert', 'kt_writers'],
] as const;

describe.for([0, 1] as const)('with %i members', (members) => {
  const { mongo, client, fresh, hasMongod } = mongoForTests(members);
  let proxy: OpMsgProxy;
  let proxied: MongoClient;
  beforeAll(async () => {
    if (!hasMongod()) return;
    proxy = await startProxy(mongo().members[0]?.host ?? '');
    proxied = new MongoClient(proxy.uri);
  });
  afterAll(async () => {
    if (!hasMongod()) return;
    await proxied.close();
    await proxy.close();
  });

  async function setUp() {
    const { db, users, messages } = fresh();
    await users.insertMany([0, 1, 2].map((index) => ({ _id: `user-${index}` })));
    await messages.insertMany([0, 1].map((index) => ({ _id: `message-${index}` })));
    const store = mongoStore({
      client: proxied,
      db: db.databaseName,
      maintenance: false,
      recovery: false,
      commandTimeoutMs: 2000,
    });
    return { db: db.databaseName, store };
  }
  const batch = (name: string) =>
    Array.from({ length: 9 }, (_, index) =>
      plainRecord(`${name}${index}`, `user-${index % 3}`, `message-${index % 2}`),
    );

  const cases = steps.flatMap(([name, collection]) => fates.map((fate) => [name, collection, fate] as const));
  it.for(cases)('nothing is lost or doubled when %s on %s meets %s', async ([name, collection, fate]) => {
    const { db, store } = await setUp();
    let met = 0;
    proxy.onCommand((command) => {
      if (command.name !== name || command.collection !== collection) return 'pass';
      met += 1;
      // Twice in a row, which is more than any driver repeats by itself; then once more later.
      return met <= 2 || met === 4 ? fate : 'pass';
    });
    expect(await store.append(batch('a'))).toEqual({ inserted: 9, duplicates: 0 });
    expect(await store.append([...batch('a').slice(4), ...batch('b')])).toMatchObject({ inserted: 9, duplicates: 5 });
    proxy.onCommand(() => 'pass');
    await proxy.delivered();
    expect(met).toBeGreaterThan(0);
    await store.close();
    await checkInvariants(
      client(),
      db,
      [...batch('a'), ...batch('b')].map(({ id }) => id),
    );
  });

  it('nothing is lost or doubled with one connection that everybody waits for', async () => {
    const { db } = await setUp();
    const narrow = new MongoClient(proxy.uri, { maxPoolSize: 1, waitQueueTimeoutMS: 5 });
    const stores = [0, 1, 2].map(() =>
      mongoStore({ client: narrow, db, maintenance: false, recovery: false, commandTimeoutMs: 2000 }),
    );
    const batches = stores.flatMap((store, side) =>
      [0, 1, 2].map((round) => ({ store, records: batch(`${side}-${round}-`) })),
    );
    const results = await Promise.all(batches.map(({ store, records }) => store.append(records)));
    expect(results).toEqual(batches.map(() => ({ inserted: 9, duplicates: 0 })));
    await Promise.all(stores.map((store) => store.close()));
    await narrow.close();
    await checkInvariants(
      client(),
      db,
      batches.flatMap(({ records }) => records.map(({ id }) => id)),
    );
  });

  it('nothing is lost or doubled on a connection that fails at random', { timeout: 120_000 }, async () => {
    const { db, store } = await setUp();
    let state = 7;
    proxy.onCommand(() => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      const choice = (state >>> 8) % 24;
      return fates[choice] ?? 'pass';
    });
    const ids: string[] = [];
    for (let round = 0; round < 25; round += 1) {
      const records = batch(`r${round}-`);
      // oxlint-disable-next-line no-await-in-loop -- one round after the other
      await Promise.all([store.append(records.slice(0, 6)), store.append(records.slice(3))]);
      ids.push(...records.map(({ id }) => id));
    }
    proxy.onCommand(() => 'pass');
    await proxy.delivered();
    await store.close();
    await checkInvariants(client(), db, ids);
  });
});
