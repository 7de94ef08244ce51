import { MongoClient } from 'mongodb';
import type { Document, MongoClientOptions } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import type { MongoStoreOptions } from '../../src/index.ts';
import { mongoForTests } from '../mongo-fixture.ts';
import { startBulkWriteServer } from './bulk-write-server.ts';
import type { BulkWriteServer } from './bulk-write-server.ts';
import { checkInvariants } from './invariants.ts';
import { startProxy } from './op-msg-proxy.ts';
import type { CommandFate, OpMsgProxy } from './op-msg-proxy.ts';
import { plainRecord } from './plain-record.ts';

const { mongo, client, fresh, hasMongod } = mongoForTests();
const clients: MongoClient[] = [];
let server: BulkWriteServer;
let proxy: OpMsgProxy;
beforeAll(async () => {
  if (!hasMongod()) return;
  server = await startBulkWriteServer(mongo().members[0]?.host ?? '');
  proxy = await startProxy(server.host);
});
afterEach(async () => {
  if (!hasMongod()) return;
  server.onBulkWrite(() => ({}));
  proxy.onCommand(() => 'pass');
  await Promise.all(clients.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  if (!hasMongod()) return;
  await proxy.close();
  await server.close();
});

const userIds = ['user-0', 'user-1', 'user-2'];
const messageIds = ['message-0', 'message-1'];

async function setUp(options: Partial<MongoStoreOptions> = {}, clientOptions: MongoClientOptions = {}) {
  const { db, users, messages, ledger } = fresh();
  await users.insertMany(userIds.map((_id) => ({ _id })));
  await messages.insertMany(messageIds.map((_id) => ({ _id })));
  const commands: string[] = [];
  const own = new MongoClient(proxy.uri, { monitorCommands: true, ...clientOptions });
  own.on('commandStarted', ({ commandName }) => commands.push(commandName));
  clients.push(own);
  const open = () =>
    mongoStore({
      client: own,
      db: db.databaseName,
      maintenance: false,
      recovery: false,
      commandTimeoutMs: 2000,
      ...options,
    });
  return { db, users, messages, ledger, commands, open, store: open() };
}

const batch = (name: string, count = 9) =>
  Array.from({ length: count }, (_, index) =>
    plainRecord(`${name}${index}`, `user-${index % 3}`, `message-${index % 2}`),
  );
const idsOf = (...batches: ReturnType<typeof batch>[]): string[] => batches.flat().map(({ id }) => id);

describe('on a server with bulkWrite', () => {
  it('a batch is stored, counted and shown by one command', async () => {
    const { db, store, commands, users, messages } = await setUp();
    await store.append([plainRecord('first', 'user-0')]);
    commands.length = 0;
    expect(await store.append(batch('a'))).toEqual({ inserted: 9, duplicates: 0 });
    expect(commands).toEqual(['bulkWrite']);
    expect(server.received.at(-1)).toEqual({ inserts: 9, updates: 5 });
    expect(await users.findOne({ _id: 'user-1' })).toMatchObject({ totalTokensUsed: 900, _kt: { rev: 3 } });
    expect(await messages.findOne({ _id: 'message-0' })).toMatchObject({ totalTokens: 1500, _kt: { n: 5 } });
    await store.append([plainRecord('early', 'user-3')]);
    await users.insertOne({ _id: 'user-3' });
    await store.append([plainRecord('later', 'user-3')]);
    expect(await users.findOne({ _id: 'user-3' })).toMatchObject({ totalTokensUsed: 600 });
    await store.close();
    await checkInvariants(client(), db.databaseName, ['first', ...idsOf(batch('a')), 'early', 'later']);
  });

  it.for([
    ['what the app set on its client', { promoteValues: false, promoteLongs: false, w: 1, retryWrites: false }],
    ['repeated writes of the driver', { retryWrites: true }],
    ['big integers', { useBigInt64: true }],
  ] as const)('does not mind %s', async ([, clientOptions]) => {
    const { db, store, commands } = await setUp({}, clientOptions);
    await store.append(batch('a'));
    commands.length = 0;
    await store.append(batch('b').map((record) => ({ ...record, attribution: { userId: 'user-1' } })));
    expect(commands).toEqual(['bulkWrite']);
    await store.close();
    await checkInvariants(client(), db.databaseName, idsOf(batch('a'), batch('b')));
  });

  it('asks for a majority and its journal, in order, with results', async () => {
    const { store, open } = await setUp();
    const seen: Document[] = [];
    clients[0]?.on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'bulkWrite') seen.push(command);
    });
    await store.append(batch('a'));
    const wanted = { ordered: true, errorsOnly: false, writeConcern: { w: 'majority', j: true } };
    expect(seen).toEqual([expect.objectContaining(wanted)]);
    await Promise.all([store.close(), open().close()]);
  });

  const fates: readonly CommandFate[] = ['cut-before', 'cut-after', 'duplicate', 'late'];
  it.for(fates)('nothing is lost or doubled when a batch meets %s', async (fate) => {
    const { db, store } = await setUp();
    let met = 0;
    proxy.onCommand(({ name }) => {
      if (name !== 'bulkWrite') return 'pass';
      met += 1;
      return met !== 2 ? fate : 'pass';
    });
    expect(await store.append(batch('a'))).toEqual({ inserted: 9, duplicates: 0 });
    expect(await store.append([...batch('a').slice(4), ...batch('b')])).toMatchObject({ inserted: 9, duplicates: 5 });
    expect(await store.append(batch('c'))).toMatchObject({ inserted: 9 });
    proxy.onCommand(() => 'pass');
    await proxy.delivered();
    expect(met).toBeGreaterThan(1);
    await store.close();
    await checkInvariants(client(), db.databaseName, idsOf(batch('a'), batch('b'), batch('c')));
  });

  // Nine rows, three users, two messages: between every pair of steps.
  const reaches =
    process.env['KILOTOKEN_FULL'] === '1' ? Array.from({ length: 14 }, (_, at) => at) : [0, 5, 9, 11, 12, 13];
  it.for(reaches)('nothing is lost or doubled when a batch is interrupted after %i steps', async (reach) => {
    const { db, store } = await setUp();
    const before = server.received.length;
    server.onBulkWrite((count) => (count === before ? { reach } : {}));
    expect(await store.append(batch('a'))).toEqual({ inserted: 9, duplicates: 0 });
    expect(await store.append(batch('b'))).toEqual({ inserted: 9, duplicates: 0 });
    await store.close();
    await checkInvariants(client(), db.databaseName, idsOf(batch('a'), batch('b')));
  });

  it.for([0, 4, 8])('a duplicate at place %i counts nobody twice, and stops nobody', async (place) => {
    const { db, store, open, ledger } = await setUp();
    const other = open();
    const records = batch('a');
    await other.append([records[place] ?? plainRecord('x', 'x')]);
    expect(await store.append(records)).toEqual({ inserted: 8, duplicates: 1 });
    expect(await ledger.countDocuments()).toBe(9);
    await Promise.all([store.close(), other.close()]);
    await checkInvariants(client(), db.databaseName, idsOf(records));
  });

  it('a row and a user that are refused stop nobody', async () => {
    const errors: Error[] = [];
    const { db, store, users } = await setUp({ onError: (error) => errors.push(error) });
    await db.createCollection('kt_ledger', { validator: { _id: { $ne: 'a4' } } });
    await users.updateOne({ _id: 'user-0' }, { $set: { totalTokensUsed: 'many' } });
    for (const name of ['a', 'b']) {
      // oxlint-disable-next-line no-await-in-loop -- the second with what the first learned
      const result = await store.append(batch(name));
      expect(result).toMatchObject(
        name === 'a' ? { inserted: 8, rejected: [{ id: 'a4', error: { code: 'record_rejected' } }] } : { inserted: 9 },
      );
    }
    expect(await users.findOne({ _id: 'user-1' })).toMatchObject({ totalTokensUsed: 1500 });
    expect(await users.findOne({ _id: 'user-2' })).toMatchObject({ totalTokensUsed: 1800 });
    expect(String(errors[0])).toMatch(/user "user-0" refused/);
    await users.updateOne({ _id: 'user-0' }, { $unset: { totalTokensUsed: '' } });
    await store.append([plainRecord('later', 'user-0')]);
    await store.close();
    await checkInvariants(client(), db.databaseName, ['later']);
  });

  it('results that come in several parts are put together, and a lost part is asked for in the ledger', async () => {
    const { db, store, commands } = await setUp();
    server.onBulkWrite(() => ({ firstBatch: 10 }));
    await store.append(batch('a'));
    expect(commands.slice(-2)).toEqual(['bulkWrite', 'getMore']);
    proxy.onCommand(({ name }) => (name === 'getMore' ? 'cut-before' : 'pass'));
    expect(await store.append(batch('b'))).toEqual({ inserted: 9, duplicates: 0 });
    await store.close();
    await checkInvariants(client(), db.databaseName, idsOf(batch('a'), batch('b')));
  });

  it('a write concern that failed is no acknowledgement', async () => {
    const { db, store, commands } = await setUp();
    const before = server.received.length;
    server.onBulkWrite((count) => (count === before ? { concernError: 64 } : {}));
    expect(await store.append(batch('a'))).toEqual({ inserted: 9, duplicates: 0 });
    // Looked up, so that the answer is about what a majority has.
    expect(commands).toContain('find');
    await store.close();
    await checkInvariants(client(), db.databaseName, idsOf(batch('a')));
  });

  it('a message that several processes write at once shows the sum of all', async () => {
    const { db, open, messages } = await setUp();
    const stores = Array.from({ length: 4 }, open);
    const all = stores.map((_, side) => batch(`side-${side}-`, 6));
    await Promise.all(stores.map(async (each, side) => each.append(all[side] ?? [])));
    await Promise.all(stores.map((each) => each.close()));
    expect(await messages.findOne({ _id: 'message-0' })).toMatchObject({ totalTokens: 3600, _kt: { n: 12 } });
    await checkInvariants(client(), db.databaseName, idsOf(...all));
  });
});

describe('a server that turns out to have no bulkWrite', () => {
  it.for([59, 13])('is served step by step from then on (error %i)', async (refusal) => {
    const { db, store } = await setUp();
    const before = server.received.length;
    server.onBulkWrite(() => ({ refusal }));
    expect(await store.append(batch('a'))).toEqual({ inserted: 9, duplicates: 0 });
    expect(await store.append(batch('b'))).toEqual({ inserted: 9, duplicates: 0 });
    expect(server.received).toHaveLength(before + 1);
    await store.close();
    await checkInvariants(client(), db.databaseName, idsOf(batch('a'), batch('b')));
  });

  it.for([
    ['an older version', { maxWireVersion: 21 }],
    ['a mongos, whose shards have logs of their own', { msg: 'isdbgrid', maxWireVersion: 25 }],
  ] as const)('is not asked where it is %s', async ([, greeting]) => {
    const other = await startBulkWriteServer(mongo().members[0]?.host ?? '', greeting);
    const { db, users } = fresh();
    await users.insertOne({ _id: 'user-0' });
    const own = new MongoClient(`mongodb://${other.host}/?directConnection=true`);
    const store = mongoStore({ client: own, db: db.databaseName, maintenance: false, recovery: false });
    expect(await store.append([plainRecord('a', 'user-0')])).toEqual({ inserted: 1, duplicates: 0 });
    await store.close();
    expect(other.received).toEqual([]);
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 300 });
    await own.close();
    await other.close();
  });
});
