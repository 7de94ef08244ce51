import { usageRecord } from '@kilotoken/core/testing';
import { Binary, Int32, Long, ObjectId, UUID } from 'mongodb';
import type { Document } from 'mongodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { MongoStore, MongoStoreOptions, Orphan } from '../src/index.ts';
import { mongoForTests } from './mongo-fixture.ts';

const { fresh } = mongoForTests();
const stores: MongoStore[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

function setUp(options: MongoStoreOptions = {}) {
  const fixture = fresh();
  const open = (more: MongoStoreOptions = {}): MongoStore => {
    const store = fixture.open({ ...options, ...more });
    stores.push(store);
    return store;
  };
  return { ...fixture, open };
}

/** A document whose id is no text. */
type Keyed = Document & { readonly _id: object };

const attribution = { userId: 'user-1', messageId: 'message-1' };

describe('the document of a user', () => {
  it('has its totals raised by one update, as 64-bit integers', async () => {
    const { users, open } = setUp();
    await users.insertOne({ _id: 'user-1', name: 'Ada' });
    await open().append([usageRecord({ id: 'a' }), usageRecord({ id: 'b' })]);
    const user = await users.findOne({ _id: 'user-1' }, { promoteLongs: false });
    expect(user).toMatchObject({
      name: 'Ada',
      totalTokensUsed: Long.fromNumber(600),
      totalPromptTokens: Long.fromNumber(400),
      totalCompletionTokens: Long.fromNumber(200),
      totalCostPicoUsd: Long.fromNumber(500_000_000),
    });
    expect(user?.['_kt'].rev).toEqual(Long.fromNumber(2));
  });

  it('answers for all its totals in one read', async () => {
    const { users, ledger, open } = setUp();
    await users.insertOne({ _id: 'user-1' });
    const store = open();
    await store.append([
      usageRecord({ id: 'a', callId: 'c', origin: 'missing', tokens: {}, cost: { basis: 'unpriced' } }),
      usageRecord({ id: 'b', callId: 'c', attempt: 2 }),
      usageRecord({ id: 'd', origin: 'something.new', cost: { basis: 'unpriced' } } as never),
    ]);
    await store.append([usageRecord({ id: 'e', callId: 'c', attempt: 3, origin: 'estimated' })]);
    const totals = await store.totals({ userId: 'user-1' });
    await ledger.deleteMany({});
    expect(await store.userTotals('user-1')).toEqual(totals);
    expect(totals).toMatchObject({ calls: 2, unpricedCalls: 1, rev: 4 });
    expect(Object.keys(totals.byOrigin).toSorted()).toEqual(['estimated', 'missing', 'reported', 'something.new']);
  });

  it('is found by another key and an ObjectId, under names of the app', async () => {
    const { db, open } = setUp({
      users: {
        collection: 'accounts',
        key: 'account',
        id: (id) => new ObjectId(id),
        guard: 'usage',
        fields: { totalTokens: 'stats.tokens', picoUsd: false },
      },
    });
    const id = new ObjectId();
    await db.collection('accounts').insertOne({ account: id, stats: { tokens: 5 } });
    const store = open();
    await store.append([
      usageRecord({ id: 'a', attribution: { userId: String(id) } }),
      usageRecord({ id: 'b', attribution: { userId: 'not an object id' } }),
    ]);
    const account = await db.collection('accounts').findOne({ account: id });
    expect(account?.['stats']).toEqual({ tokens: 305 });
    expect(account).not.toHaveProperty('totalCostPicoUsd');
    expect((await store.userTotals(String(id))).rev).toBe(1);
    expect((await store.userTotals('not an object id')).rev).toBe(1);
  });

  it.for([
    ['binary UUIDs', (id: string) => new Binary(new UUID(id).buffer, 4)],
    ['legacy UUIDs', (id: string) => new Binary(new UUID(id).buffer, 3)],
    ['objects', (id: string) => ({ tenant: 'acme', id })],
    ['dates', (id: string) => new Date(Number.parseInt(id.slice(-3), 16))],
  ] as const)('are told apart by ids that are %s, wherever they are read back', async ([, id]) => {
    const { db, open } = setUp();
    const [users, messages] = [db.collection<Keyed>('users'), db.collection<Keyed>('messages')];
    const ids = ['a', 'b', 'c', 'd'].map((digit) => `00000000-0000-4000-8000-0000000ff00${digit}`);
    const errors: Error[] = [];
    const store = open({ users: { id }, messages: { id }, onError: (error) => errors.push(error) });
    const append = (name: string): Promise<unknown> =>
      store.append(
        ids.map((own, index) =>
          usageRecord({
            id: name + own,
            callId: name + own,
            tokens: { totalTokens: index + 1 },
            attribution: { userId: own, messageId: own },
          }),
        ),
      );
    await append('before');
    await users.insertMany(ids.map((own) => ({ _id: id(own) })));
    await messages.insertMany(ids.map((own) => ({ _id: id(own) })));
    await append('after');
    expect(errors).toEqual([]);
    const shown = async (collection: typeof users, field: string): Promise<unknown[]> =>
      (await collection.find().sort({ $natural: 1 }).toArray()).map((document) => document[field]);
    expect(await shown(users, 'totalTokensUsed')).toEqual([2, 4, 6, 8]);
    await vi.waitFor(async () => expect(await shown(messages, 'totalTokens')).toEqual([2, 4, 6, 8]), 5000);
  });

  it('is found by more conditions where the app names them, such as a shard key', async () => {
    const { users, open } = setUp({ users: { filter: (id) => ({ tenant: `tenant of ${id}` }) } });
    await users.insertMany([
      { _id: 'user-1', tenant: 'tenant of user-1' },
      { _id: 'user-2', tenant: 'another' },
    ]);
    await open().append(['user-1', 'user-2'].map((userId) => usageRecord({ id: userId, attribution: { userId } })));
    expect(await users.findOne({ _id: 'user-1' })).toMatchObject({ totalTokensUsed: 300 });
    expect(await users.findOne({ _id: 'user-2' })).not.toHaveProperty('totalTokensUsed');
  });

  it('is left alone where the app wants no totals', async () => {
    const { users, open } = setUp({ users: false });
    await users.insertOne({ _id: 'user-1' });
    const store = open();
    await store.append([usageRecord()]);
    expect(await users.findOne()).toEqual({ _id: 'user-1' });
    expect((await store.userTotals('user-1')).tokens.totalTokens).toBe(300);
  });

  it('is not made where there is none, and gets everything when it appears', async () => {
    const { users, open } = setUp();
    const store = open();
    await store.append([usageRecord({ id: 'a' })]);
    expect(await users.countDocuments()).toBe(0);
    expect((await store.userTotals('user-1')).tokens.totalTokens).toBe(300);
    await users.insertOne({ _id: 'user-1' });
    await store.append([usageRecord({ id: 'b' })]);
    expect((await users.findOne({ _id: 'user-1' }))?.['totalTokensUsed']).toBe(600);
  });

  it('gets what waited for it without another record', async () => {
    const { users, open } = setUp();
    const store = open({ maintenance: true });
    await store.append([usageRecord({ id: 'a' })]);
    await users.insertOne({ _id: 'user-1' });
    await vi.waitFor(async () => expect((await users.findOne({}))?.['totalTokensUsed']).toBe(300), { timeout: 10_000 });
  });

  it('is reported as an orphan when it does not appear in time', async () => {
    const { open } = setUp();
    const onOrphan = vi.fn<(orphan: Orphan) => void>();
    const store = open({ maintenance: true, onOrphan, orphanAfterMs: 500 });
    await store.append([usageRecord({ attribution })]);
    await vi.waitFor(() => expect(onOrphan).toHaveBeenCalledTimes(2), { timeout: 10_000 });
    expect(onOrphan.mock.calls.flat()).toEqual(
      expect.arrayContaining([
        { kind: 'user', id: 'user-1' },
        { kind: 'message', id: 'message-1' },
      ]),
    );
  });

  it('that refuses its update holds up nobody, and gets everything once it can', async () => {
    const { users, open } = setUp();
    await users.insertMany([{ _id: 'user-1', totalTokensUsed: 'many' }, { _id: 'user-2' }]);
    const onError = vi.fn<(error: Error) => void>();
    const store = open({ onError });
    const batch = ['user-1', 'user-2'].map((userId) => usageRecord({ id: userId, attribution: { userId } }));
    expect(await store.append(batch)).toEqual({ inserted: 2, duplicates: 0 });
    expect((await users.findOne({ _id: 'user-2' }))?.['totalTokensUsed']).toBe(300);
    expect(String(onError.mock.calls[0]?.[0])).toMatch(/user "user-1" refused.*reconcile/);
    await users.updateOne({ _id: 'user-1' }, { $unset: { totalTokensUsed: '' } });
    await store.append([usageRecord({ id: 'later' })]);
    expect((await users.findOne({ _id: 'user-1' }))?.['totalTokensUsed']).toBe(600);
  });

  it('replaced by the app without its guard is counted on from there, and reported', async () => {
    const { users, open } = setUp();
    await users.insertOne({ _id: 'user-1' });
    const onError = vi.fn<(error: Error) => void>();
    const store = open({ onError });
    await store.append([usageRecord({ id: 'a' })]);
    await users.replaceOne({ _id: 'user-1' }, { totalTokensUsed: Long.fromNumber(300) });
    await store.append([usageRecord({ id: 'b' })]);
    expect((await users.findOne({ _id: 'user-1' }))?.['totalTokensUsed']).toBe(600);
    expect(String(onError.mock.calls[0]?.[0])).toMatch(/replaced.*rebuild/);
  });

  it('that goes away in between loses nothing, and shows everything once it is back', async () => {
    const { users, open } = setUp();
    await users.insertOne({ _id: 'user-1' });
    const store = open({ onError: () => {} });
    await store.append([usageRecord({ id: 'a' })]);
    await users.deleteOne({ _id: 'user-1' });
    expect(await store.append([usageRecord({ id: 'b' })])).toEqual({ inserted: 1, duplicates: 0 });
    expect((await store.userTotals('user-1')).tokens.totalTokens).toBe(600);
    await users.insertOne({ _id: 'user-1' });
    await store.rebuild('user-1');
    await store.append([usageRecord({ id: 'c' })]);
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 900, _kt: { rev: 3 } });
  });

  it('whose total is a 32-bit integer near its end grows beyond it', async () => {
    const { users, open } = setUp();
    await users.insertOne({ _id: 'user-1', totalTokensUsed: new Int32(2 ** 31 - 1) });
    await open().append([usageRecord()]);
    const user = await users.findOne({ _id: 'user-1' }, { promoteLongs: false });
    expect(user?.['totalTokensUsed']).toEqual(Long.fromNumber(2 ** 31 - 1 + 300));
  });

  it('sums money and tokens beyond 2^53 exactly', async () => {
    const { users, open } = setUp();
    await users.insertOne({ _id: 'user-1', totalTokensUsed: Long.fromString('9007199254740993') });
    const store = open();
    await store.append(
      ['a', 'b', 'c'].map((id) => usageRecord({ id, cost: { picoUsd: Number.MAX_SAFE_INTEGER, basis: 'card' } })),
    );
    const user = await users.findOne({ _id: 'user-1' }, { promoteLongs: false });
    expect(String(user?.['totalTokensUsed'])).toBe('9007199254741893');
    expect(String(user?.['totalCostPicoUsd'])).toBe('27021597764222973');
    expect((await store.userTotals('user-1')).picoUsd).toBe(27_021_597_764_222_973n);
  });
});

describe('the document of a message', () => {
  it('gets the tokens of its call, and nothing beside them', async () => {
    const { messages, open } = setUp();
    await messages.insertOne({ _id: 'message-1', text: 'Hi' });
    await open().append([usageRecord({ attribution })]);
    expect(await messages.findOne()).toEqual({
      _id: 'message-1',
      text: 'Hi',
      promptTokens: 200,
      completionTokens: 100,
      totalTokens: 300,
    });
  });

  it('shows the sum of several calls, in one batch, in several, and from several stores', async () => {
    const { messages, open } = setUp();
    await messages.insertOne({ _id: 'message-1' });
    const [one, other] = [open(), open()];
    await one.append([usageRecord({ id: 'a', attribution }), usageRecord({ id: 'b', attribution })]);
    await one.append([usageRecord({ id: 'c', attribution })]);
    await Promise.all([
      one.append([usageRecord({ id: 'd', attribution })]),
      other.append([usageRecord({ id: 'e', attribution })]),
    ]);
    expect(await messages.findOne()).toMatchObject({ promptTokens: 1000, totalTokens: 1500, _kt: { n: 5 } });
  });

  it('that the app started with zeros gets the sum all the same', async () => {
    const { messages, open } = setUp();
    await messages.insertMany([
      { _id: 'message-1', promptTokens: 0, completionTokens: Long.ZERO, totalTokens: null },
      { _id: 'message-2', totalTokens: 'unknown', promptTokens: 7 },
    ]);
    const [one, other] = [open(), open()];
    for (const [index, store] of [one, other, one].entries()) {
      const batch = ['message-1', 'message-2'].map((messageId) =>
        usageRecord({ id: `${messageId}-${index}`, attribution: { userId: 'user-1', messageId } }),
      );
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that each finds what the last one set
      await store.append(batch);
      const records = index + 1;
      // oxlint-disable-next-line no-await-in-loop -- see above
      for (const message of await messages.find().toArray()) {
        expect(message).toMatchObject({ promptTokens: 200 * records, totalTokens: 300 * records });
      }
    }
  });

  it('saved later than its usage is found', async () => {
    const { messages, open } = setUp();
    const store = open({ maintenance: true });
    await store.append([usageRecord({ attribution })]);
    await messages.insertOne({ _id: 'message-1' });
    await vi.waitFor(async () => expect(await messages.findOne()).toMatchObject({ totalTokens: 300 }), {
      timeout: 10_000,
    });
  });

  it('is left alone where the app writes its messages itself', async () => {
    const { messages, open } = setUp({ messages: false });
    await messages.insertOne({ _id: 'message-1' });
    await open().append([usageRecord({ attribution })]);
    expect(await messages.findOne()).toEqual({ _id: 'message-1' });
  });

  it('shows no count that no record carried', async () => {
    const { messages, open } = setUp();
    await messages.insertOne({ _id: 'message-1' });
    await open().append([usageRecord({ attribution, tokens: {}, origin: 'missing' })]);
    expect(await messages.findOne()).not.toHaveProperty('promptTokens');
  });
});

describe('a record sent again', () => {
  it('with another content is reported, and the first stays', async () => {
    const { open } = setUp();
    const onConflict = vi.fn<NonNullable<MongoStoreOptions['onConflict']>>();
    const store = open({ onConflict });
    await store.append([usageRecord()]);
    await store.append([usageRecord()]);
    expect(onConflict).not.toHaveBeenCalled();
    const sent = usageRecord({ provider: 'other' });
    expect(await store.append([sent])).toEqual({ inserted: 0, duplicates: 1 });
    expect(onConflict).toHaveBeenCalledExactlyOnceWith({ stored: usageRecord(), sent });
  });
});
