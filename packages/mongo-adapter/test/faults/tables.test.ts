import { Double, Long, MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import { failCommand, mongoForTests } from '../mongo-fixture.ts';
import { checkInvariants } from './invariants.ts';
import { startProxy } from './op-msg-proxy.ts';
import type { CommandFate, OpMsgProxy } from './op-msg-proxy.ts';
import { plainRecord } from './plain-record.ts';

const { mongo, client, fresh, hasMongod } = mongoForTests();
let proxy: OpMsgProxy;
const clients: MongoClient[] = [];
beforeAll(async () => {
  if (!hasMongod()) return;
  proxy = await startProxy(mongo().members[0]?.host ?? '');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((own) => own.close()));
});
afterAll(async () => {
  if (!hasMongod()) return;
  await proxy.close();
});

const size = 12;
const each = <T>(make: (index: number) => T): T[] => Array.from({ length: size }, (_, index) => make(index));
/** One record for each of twelve users and messages. */
const batch = (name: string) => each((index) => plainRecord(`${name}-${index}`, `user-${index}`, `${name}-${index}`));
const idsOf = (...names: string[]): string[] => names.flatMap((name) => batch(name).map(({ id }) => id));

/** Twelve users, a message for each record of the named batches, and the updates sent for either. */
async function setUp(names: readonly string[], users: (index: number) => object = () => ({})) {
  const app = fresh();
  await app.users.insertMany(each((index) => ({ _id: `user-${index}`, ...users(index) })));
  await app.messages.insertMany(names.flatMap((name) => each((index) => ({ _id: `${name}-${index}` }))));
  const onError = vi.fn<(error: Error) => void>();
  const db = app.db.databaseName;
  const own = new MongoClient(proxy.uri, { monitorCommands: true });
  clients.push(own);
  const open = () =>
    mongoStore({ client: own, db, maintenance: false, recovery: false, commandTimeoutMs: 2000, onError });
  const sent: string[] = [];
  own.on('commandStarted', ({ commandName, command }) => {
    if (commandName !== 'update') return;
    const { update, updates } = command as unknown as { update: string; updates: readonly { multi?: boolean }[] };
    sent.push(`${update}: ${updates.map(({ multi }) => (multi === true ? 'many' : 'one')).join(', ')}`);
  });
  return { ...app, db, open, store: open(), onError, sent };
}

describe('a batch of several users and messages', () => {
  it('is counted by one update for all users, and set by one for all messages', async () => {
    const { store, sent, users, messages } = await setUp(['a', 'b']);
    await store.append(batch('a'));
    await store.append(batch('b'));
    expect(sent.toSorted()).toEqual(['messages: many', 'messages: many', 'users: many', 'users: many']);
    const [user] = await users.find({ _id: 'user-7' }, { promoteLongs: false }).toArray();
    expect(user?.['totalTokensUsed']).toEqual(Long.fromNumber(600));
    const guard = user?.['_kt'] as { w: object };
    expect(guard).toEqual({
      k: Long.fromNumber(2),
      rev: Long.fromNumber(2),
      s: {
        r: {
          k: Long.fromNumber(2),
          c: Long.fromNumber(500_000_000),
          it: Long.fromNumber(400),
          ot: Long.fromNumber(200),
          tt: Long.fromNumber(600),
        },
      },
      w: { [Object.keys(guard.w)[0] ?? '']: 20 },
    });
    expect(await messages.findOne({ _id: 'b-7' })).toEqual({
      _id: 'b-7',
      promptTokens: 200,
      completionTokens: 100,
      totalTokens: 300,
    });
    await store.close();
  });

  it('gives no user a count or an origin that only others have', async () => {
    const { store, users } = await setUp(['a']);
    await store.append(
      batch('a').map((record, index) =>
        index % 2 === 0
          ? record
          : { ...record, origin: 'estimated', tokens: { ...record.tokens, cacheReadInputTokens: 5 } },
      ),
    );
    const shares = await users
      .find()
      .sort({ _id: 1 })
      .map((user) => (user['_kt'] as { s: object }).s)
      .toArray();
    expect(shares[0]).toEqual({ r: { k: 1, c: 250_000_000, it: 200, ot: 100, tt: 300 } });
    expect(shares[1]).toEqual({ e: { k: 1, c: 250_000_000, it: 200, ot: 100, tt: 300, cr: 5 } });
    await store.close();
  });

  it.for<[string, object]>([
    ['a total that is text', { totalTokensUsed: 'many' }],
    ['a total that is null', { totalTokensUsed: null }],
    ['a total that is a date', { totalPromptTokens: new Date(0) }],
    ['a total that would overflow', { totalTokensUsed: Long.MAX_VALUE }],
    ['text of the app where the guard would be', { _kt: 'ours' }],
    ['a list where the guard would be', { _kt: [] }],
    ['text inside the guard', { _kt: { k: 'x' } }],
  ])('leaves %s as it is, reports it, and counts all others', async ([, fields]) => {
    const { store, users, onError, db } = await setUp(['a'], (index) => (index === 4 ? fields : {}));
    expect(await store.append(batch('a'))).toEqual({ inserted: size, duplicates: 0 });
    expect(await users.findOne({ _id: 'user-4' }, { promoteLongs: false })).toEqual({ _id: 'user-4', ...fields });
    expect(onError.mock.calls.map(([error]) => error.message)).toEqual([
      expect.stringContaining('user "user-4" refused'),
    ]);
    expect(await users.countDocuments({ totalTokensUsed: 300 })).toBe(size - 1);
    await users.replaceOne({ _id: 'user-4' }, {});
    await store.reconcile('user-4');
    await store.close();
    await checkInvariants(client(), db, idsOf('a'));
  });

  it('reports at once why many users refuse, and counts all others', async () => {
    const { store, users, onError, sent, db } = await setUp(['a', 'b'], (index) =>
      index % 2 === 0 ? { totalTokensUsed: null } : {},
    );
    for (const name of ['a', 'b']) {
      sent.length = 0;
      onError.mockClear();
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      expect(await store.append(batch(name))).toEqual({ inserted: size, duplicates: 0 });
      expect(onError.mock.calls.map(([error]) => error.message)).toEqual(
        Array.from({ length: size / 2 }, () =>
          expect.stringContaining('Cannot apply $inc to a value of non-numeric type'),
        ),
      );
      expect(sent.filter((command) => command.startsWith('users')).length).toBeLessThanOrEqual(4);
    }
    expect(await users.countDocuments({ totalTokensUsed: 600 })).toBe(size / 2);
    await store.repairTypes();
    for (const index of [0, 2, 4, 6, 8, 10]) {
      // oxlint-disable-next-line no-await-in-loop -- one user after the other
      await store.reconcile(`user-${index}`);
    }
    await store.close();
    await checkInvariants(client(), db, idsOf('a', 'b'));
  });

  it('adds to numbers of other types as $inc does', async () => {
    const { store, users } = await setUp(['a'], (index) =>
      index === 0 ? { totalTokensUsed: 2_147_483_600 } : { totalTokensUsed: new Double(0.5) },
    );
    await store.append(batch('a'));
    expect(await users.findOne({ _id: 'user-0' }, { promoteLongs: false })).toMatchObject({
      totalTokensUsed: Long.fromNumber(2_147_483_900),
    });
    expect(await users.findOne({ _id: 'user-1' })).toMatchObject({ totalTokensUsed: 300.5 });
    await store.close();
  });

  it('holds up nobody for one user or message that a validator refuses', async () => {
    const { store, db, users, messages, onError } = await setUp(['a', 'b'], (index) =>
      index === 3 ? { isFrozen: true } : {},
    );
    const database = client().db(db);
    await database.command({
      collMod: 'users',
      validator: { $nor: [{ isFrozen: true, totalTokensUsed: { $exists: true } }] },
    });
    await database.command({
      collMod: 'messages',
      validator: { $nor: [{ _id: 'a-5', totalTokens: { $exists: true } }] },
    });
    await store.append(batch('a'));
    await store.append(batch('b'));
    expect(onError.mock.calls.map(([error]) => /(?:user|message) "[^"]+"/.exec(error.message)?.[0])).toEqual(
      expect.arrayContaining(['user "user-3"', 'message "a-5"']),
    );
    expect(await users.countDocuments({ totalTokensUsed: 600 })).toBe(size - 1);
    expect(await messages.countDocuments({ totalTokens: 300 })).toBe(2 * size - 1);
    await database.command({ collMod: 'users', validator: {} });
    await store.reconcile('user-3');
    await messages.deleteMany({ _id: 'a-5' });
    await store.close();
    expect((await users.findOne({ _id: 'user-3' }))?.['totalTokensUsed']).toBe(600);
  });

  it('sets no message that shows something already, and sums it', async () => {
    const { store, messages } = await setUp(['a']);
    await store.append([{ ...plainRecord('other', 'user-0', 'a-4'), callId: 'x' }]);
    await store.append(batch('a'));
    expect(await messages.findOne({ _id: 'a-4' })).toMatchObject({ totalTokens: 600, _kt: { n: 2 } });
    expect(await messages.countDocuments({ totalTokens: 300 })).toBe(size - 1);
    await store.close();
  });

  const fates: readonly CommandFate[] = ['cut-before', 'cut-after', 'duplicate', 'late'];
  const cases = ['users', 'messages'].flatMap((collection) => fates.map((fate) => [collection, fate] as const));
  it.for(cases)('is neither lost nor doubled when the update of %s meets %s', async ([collection, fate]) => {
    const { store, db } = await setUp(['a', 'b', 'c']);
    await store.append(batch('a'));
    let met = 0;
    proxy.onCommand((command) => {
      if (command.name !== 'update' || command.collection !== collection) return 'pass';
      met += 1;
      return met <= 2 || met === 4 ? fate : 'pass';
    });
    await store.append(batch('b'));
    await store.append(batch('c'));
    proxy.onCommand(() => 'pass');
    await proxy.delivered();
    expect(met).toBeGreaterThan(0);
    await store.close();
    await checkInvariants(client(), db, idsOf('a', 'b', 'c'));
  });

  it('is counted once by eight stores at the same time, beside updates of the app', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    const { store, open, db, users } = await setUp(names);
    const stores = [store, ...Array.from({ length: 7 }, () => open())];
    let visits = 0;
    await Promise.all([
      ...names.map((name, index) => stores[index % stores.length]?.append(batch(name))),
      // Each batch also goes to another store.
      ...names.map((name, index) => stores[(index + 3) % stores.length]?.append(batch(name))),
      ...each(async (index) => {
        for (let round = 0; round < 20; round += 1) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          await users.updateOne({ _id: `user-${index}` }, { $inc: { visits: 1 } });
          visits += 1;
        }
      }),
    ]);
    await Promise.all(stores.map((other) => other.close()));
    expect(await users.countDocuments({ visits: visits / size, totalTokensUsed: 300 * names.length })).toBe(size);
    await checkInvariants(client(), db, idsOf(...names));
  });

  it('goes one by one where the server does not take such updates', async () => {
    const { store, db, sent } = await setUp(['a', 'b']);
    await failCommand(client(), 2, { failCommands: ['update'], errorCode: 9 });
    await store.append(batch('a'));
    await store.append(batch('b'));
    await failCommand(client(), 'off');
    expect(sent.slice(2).every((command) => !command.includes('many'))).toBe(true);
    await store.close();
    await checkInvariants(client(), db, idsOf('a', 'b'));
  });
});
