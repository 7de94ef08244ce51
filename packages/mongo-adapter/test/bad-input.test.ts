import { usageRecord } from '@kilotoken/core/testing';
import { describe, expect, it } from 'vitest';
import { initialUsage, messageUsageFields, mongoStore, readUsage, schemaFragments } from '../src/index.ts';
import { mongoForTests } from './mongo-fixture.ts';

const { client, fresh } = mongoForTests();

describe('mongoStore', () => {
  it.for([
    [{}, 'pass client'],
    [{ db: 'app' }, 'pass client'],
    [{ client: 1 }, 'pass client'],
    [{ db: {} }, 'db must be'],
    [{ colour: 1 }, 'unknown option "colour"'],
    [{ users: { colour: 1 } }, 'unknown option "users.colour"'],
    [{ users: 1 }, 'users must be an object'],
    [{ users: { fields: { tokens: 'x' } } }, 'unknown option "users.fields.tokens"'],
    [{ users: { guard: 'a.b' } }, 'users.guard must be one field'],
    [{ users: { collection: '' } }, 'users.collection must be a name'],
    [{ users: { id: 'x' } }, 'users.id must be a function'],
    [{ users: { upsert: 1 } }, 'users.upsert must be true or false'],
    [{ messages: { fields: { totalTokens: '$x' } } }, 'messages.fields.totalTokens must be a name'],
    [{ collections: { ledger: 'a\0b' } }, 'collections.ledger must be a name'],
    [{ timeoutMs: 0 }, 'timeoutMs must be a number'],
    [{ maintenance: 'yes' }, 'maintenance must be true or false'],
    [{ recovery: 1 }, 'recovery must be true or false'],
    [{ onError: 1 }, 'onError must be a function'],
    [{ users: null }, 'users must be an object'],
    [{ messages: null }, 'messages must be an object'],
    [{ users: [] }, 'users must be an object'],
    [{ users: { fields: null } }, 'users.fields must be an object'],
    [{ users: { fields: { totalTokens: 't', inputTokens: 't' } } }, '"t" is named twice'],
    [{ users: { fields: { totalTokens: 'stats', inputTokens: 'stats.in' } } }, '"stats" and "stats.in" overlap'],
    [{ users: { fields: { totalTokens: '_kt.total' } } }, '"_kt" and "_kt.total" overlap'],
    [{ users: { fields: { totalTokens: '_id' } } }, '"_id" is named twice'],
    [{ users: { key: 'email', fields: { totalTokens: 'email' } } }, '"email" is named twice'],
    [{ users: { key: 'email', fields: { totalTokens: '_id' } } }, '"_id" is named twice'],
    [{ users: { fields: { totalTokens: 'a..b' } } }, 'users.fields.totalTokens must be a name'],
    [{ users: { fields: { totalTokens: 'a.$b' } } }, 'users.fields.totalTokens must be a name'],
    [{ users: { guard: '_id' } }, '"_id" is named twice'],
    [{ messages: { fields: { totalTokens: 't', inputTokens: 't' } } }, '"t" is named twice'],
    [{ collections: { ledger: 'users' } }, 'collection "users" is named twice'],
    [{ collections: { ledger: 'x', rollups: 'x' } }, 'collection "x" is named twice'],
    [{ collections: { ledger: 'a..b' } }, 'collections.ledger must be a name'],
    [{ collections: { ledger: 'system.users' } }, 'collections.ledger must be a name'],
    [{ users: { collection: 'a$b' } }, 'users.collection must be a name'],
    [{ db: '' }, 'db must be'],
    [{ db: 'a.b' }, 'db must be'],
    [{ db: 'a b' }, 'db must be'],
  ] as const)('refuses %j at once, and says why', ([options, problem]) => {
    const isWithoutClient =
      Object.keys(options).length === 0 ||
      'client' in options ||
      ('db' in options && (typeof options.db === 'object' || options.db === 'app'));
    const all = isWithoutClient ? options : { client: client(), ...options };
    expect(() => mongoStore(all as never)).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(problem) }),
    );
  });

  it.for<[object, string]>([
    [{ timeoutMs: '5s' }, 'timeoutMs must be a number of milliseconds above 0, got "5s"'],
    [{ commandTimeoutMs: Number.NaN }, 'commandTimeoutMs must be a number of milliseconds above 0, got NaN'],
    [{ users: ['users'] }, 'users must be an object, got an array'],
    [
      { messages: { collection: 'a$b' } },
      'messages.collection must be a name MongoDB accepts for a collection, got "a$b"',
    ],
    [{ users: { id: 'email' } }, 'users.id must be a function, got "email"'],
    [{ users: { guard: 'a.b' } }, 'users.guard must be one field, without dots, got "a.b"'],
    [{ onError: null }, 'onError must be a function, got null'],
    [{ recover: true }, 'unknown option "recover"; known options are client, db, users, messages, collections, '],
    [{ messages: { upsert: true } }, 'unknown option "messages.upsert"; known options are collection, key, id, '],
    [{ db: 'mongodb://ann:secret@host/app' }, 'or special characters, got a string of 29 characters'],
    [{ client: 'mongodb://ann:secret@host/app' }, 'got client: a string of 29 characters, db: undefined'],
    [{ client: undefined }, 'got client: undefined, db: undefined; a Mongoose connection has no db before it is open'],
  ])('of %j says what was expected, and what it got', ([options, problem]) => {
    expect(() => mongoStore({ client: client(), ...options })).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(problem) }),
    );
  });
});

describe('an option that is undefined', () => {
  it('is one that was not given, in the store and in the functions for documents', async () => {
    const { users, messages, open } = fresh();
    await users.insertOne({ _id: 'user-1' });
    await messages.insertOne({ _id: 'message-1' });
    const names = { fields: { totalTokens: undefined, inputTokens: 'in' }, guard: undefined } as never;
    const store = open({
      users: names,
      messages: { ...(names as object), collection: undefined, key: undefined } as never,
      collections: { ledger: undefined } as never,
      orphanAfterMs: undefined as never,
    });
    await store.append([usageRecord({ attribution: { userId: 'user-1', messageId: 'message-1' } })]);
    await store.close();
    const user = await users.findOne();
    expect(user).toMatchObject({ totalTokensUsed: 300, in: 200 });
    expect(await messages.findOne()).toMatchObject({ totalTokens: 300, in: 200 });
    expect(readUsage(user, names)).toMatchObject({ totalTokens: 300n, inputTokens: 200n, rev: 1 });
    expect(initialUsage(names)).toMatchObject({ totalTokensUsed: 0, in: 0 });
    expect(messageUsageFields({ tokens: { inputTokens: 1, totalTokens: 3 } }, names)).toEqual({
      in: 1,
      totalTokens: 3,
    });
    expect(schemaFragments({ users: names, messages: names }).messages.properties).toHaveProperty('totalTokens');
  });
});

describe('a store', () => {
  it('keeps ids with dots, dollars and null bytes apart, on users and messages too', async () => {
    const { users, messages, open } = fresh();
    const ids = ['a.b', '$a', 'a\0b', 'a\0', '\u{D800}', '\u{D801}', '_kt', '__proto__'];
    const plain = ids.filter((id) => !id.startsWith('\u{D800}') && !id.startsWith('\u{D801}'));
    await users.insertMany(plain.map((_id) => ({ _id })));
    await messages.insertMany(plain.map((_id) => ({ _id })));
    const store = open();
    await store.append(
      ids.map((id) => usageRecord({ id, callId: id, origin: id as never, attribution: { userId: id, messageId: id } })),
    );
    for (const id of ids) {
      // oxlint-disable-next-line no-await-in-loop -- one id after the other
      expect(await store.userTotals(id)).toMatchObject({ calls: 1, rev: 1, byOrigin: { [id]: { calls: 1 } } });
    }
    expect(await users.countDocuments({ totalTokensUsed: 300 })).toBe(plain.length);
    expect(await messages.countDocuments({ totalTokens: 300 })).toBe(plain.length);
    await store.close();
  });

  it('is not disturbed by foreign documents in its ledger, even under the id of a record', async () => {
    const { ledger, users, open } = fresh();
    await users.insertOne({ _id: 'user-1' });
    await ledger.insertMany([{ _id: 'a' }, { _id: 'junk', u: 5, q: 'x', i: new Date() }]);
    const store = open();
    const result = await store.append([usageRecord({ id: 'a' }), usageRecord({ id: 'b' })]);
    expect(result).toMatchObject({
      inserted: 1,
      duplicates: 0,
      rejected: [{ id: 'a', error: { code: 'record_rejected' } }],
    });
    await store.rollUp();
    expect((await store.totals({})).calls).toBe(1);
    expect(await store.series({ bucket: 'day' })).toHaveLength(1);
    for await (const record of store.records({})) expect(record.id).toBe('b');
    for await (const verdict of store.verify()) expect(verdict.state).toBe('right');
    await store.close();
  });

  it('refuses a record too large for a document, and stores the others', async () => {
    const { open } = fresh();
    const store = open();
    const result = await store.append([
      usageRecord({ id: 'a' }),
      usageRecord({ id: 'large', rawUsage: { text: 'x'.repeat(4_000_001) } }),
      usageRecord({ id: 'b', rawUsage: { text: '€'.repeat(3_900_000) } }),
    ]);
    expect(result).toMatchObject({ inserted: 2, rejected: [{ id: 'large', error: { code: 'record_rejected' } }] });
    await store.close();
  });

  it('refuses what a validator on the ledger refuses, and stores the others', async () => {
    const { db, users, open } = fresh();
    await users.insertOne({ _id: 'user-1' });
    await db.createCollection('kt_ledger', { validator: { p: { $ne: 'evil' } } });
    const store = open();
    const batch = ['a', 'b', 'c'].map((id) => usageRecord({ id, provider: id === 'b' ? 'evil' : 'openai' }));
    const result = await store.append(batch);
    expect(result).toMatchObject({
      inserted: 2,
      duplicates: 0,
      rejected: [{ id: 'b', error: { code: 'record_rejected' } }],
    });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 600 });
    await store.close();
  });

  it('refuses what a unique index of another on the ledger refuses, and stores the others', async () => {
    const { ledger, users, open } = fresh();
    await users.insertOne({ _id: 'user-1' });
    await ledger.createIndex({ rq: 1 }, { unique: true, sparse: true });
    const store = open();
    const batch = ['a', 'b', 'c', 'd'].map((id) => usageRecord({ id, requestId: id === 'c' ? 'a' : id }));
    const refusal = { id: 'c', error: { code: 'record_rejected', message: expect.stringContaining('index: rq_1') } };
    expect(await store.append(batch)).toMatchObject({ inserted: 3, duplicates: 0, rejected: [refusal] });
    expect(await store.append(batch)).toMatchObject({ inserted: 0, duplicates: 3, rejected: [refusal] });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 900 });
    await store.close();
  });

  it('works without its indexes, and gets them back', async () => {
    const { db, open } = fresh();
    const store = open();
    await store.ensureIndexes();
    await store.append([usageRecord()]);
    await db.collection('kt_ledger').dropIndexes();
    await store.append([usageRecord({ id: 'other' })]);
    expect((await store.totals({ userId: 'user-1' })).calls).toBe(2);
    await store.ensureIndexes();
    expect(await db.collection('kt_ledger').indexes()).toHaveLength(6);
    await store.close();
  });

  it('says so when it cannot read, and works again when it can', async () => {
    const { db, open } = fresh();
    const store = open();
    await store.append([usageRecord()]);
    await db.admin().command({
      configureFailPoint: 'failCommand',
      mode: 'alwaysOn',
      data: { errorCode: 13, failCommands: ['aggregate', 'find'] },
    });
    await expect(store.totals({})).rejects.toMatchObject({ code: 'store_failed' });
    await expect(store.series({ bucket: 'day' })).rejects.toMatchObject({ code: 'store_failed' });
    await expect(store.userTotals('user-1')).rejects.toMatchObject({ code: 'store_failed' });
    await expect(first(store.records({}))).rejects.toMatchObject({ code: 'store_failed' });
    await expect(first(store.verify())).rejects.toMatchObject({ code: 'store_failed' });
    await expect(first(store.verify('user-1'))).rejects.toMatchObject({ code: 'store_failed' });
    await db.admin().command({ configureFailPoint: 'failCommand', mode: 'off' });
    expect((await store.totals({})).calls).toBe(1);
    await store.close();
  });

  it('tells ids that are no text, and use after close, by the errors of the contract', async () => {
    const { open } = fresh();
    const store = open();
    for (const id of [undefined, null, 5, {}] as never[]) {
      // oxlint-disable-next-line no-await-in-loop -- one id after the other
      await expect(store.rebuild(id)).rejects.toMatchObject({ code: 'invalid_options' });
      // oxlint-disable-next-line no-await-in-loop -- see above
      await expect(store.reconcile(id)).rejects.toMatchObject({ code: 'invalid_options' });
      if (id === undefined) continue;
      // oxlint-disable-next-line no-await-in-loop -- see above
      await expect(first(store.verify(id))).rejects.toMatchObject({ code: 'invalid_options' });
    }
    await store.close();
    await expect(store.ensureIndexes()).rejects.toMatchObject({ code: 'closed' });
    await expect(first(store.verify())).rejects.toMatchObject({ code: 'closed' });
  });
});

async function first<T>(values: AsyncIterable<T>): Promise<T | undefined> {
  for await (const value of values) return value;
  return undefined;
}
