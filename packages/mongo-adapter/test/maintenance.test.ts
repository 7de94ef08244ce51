import { usageRecord } from '@kilotoken/core/testing';
import { Decimal128, Long } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { BackfillProgress, MongoStore, UserVerdict } from '../src/index.ts';
import { failCommand, mongoForTests } from './mongo-fixture.ts';

const { fresh, client } = mongoForTests();

async function verdicts(store: MongoStore): Promise<[string, UserVerdict['state'], number][]> {
  const found: [string, UserVerdict['state'], number][] = [];
  for await (const { userId, state, pendingRecords } of store.verify()) found.push([userId, state, pendingRecords]);
  return found;
}

describe('verify', () => {
  it('tells users that are right, missing, changed behind our back, or not counted yet', async () => {
    const { users, open, ledger } = fresh();
    const ids = ['a', 'b', 'c', 'd', 'e'].map((_id) => ({ _id }));
    await users.insertMany(ids.filter(({ _id }) => _id !== 'b'));
    const store = open();
    await store.append(ids.map(({ _id }) => usageRecord({ id: _id, attribution: { userId: _id } })));
    await users.updateOne({ _id: 'c' }, { $inc: { totalTokensUsed: 1 } });
    await ledger.deleteOne({ u: 'd' });
    await ledger.insertOne({ ...(await ledger.findOne({ u: 'e' })), _id: 'late', n: Long.fromNumber(99) });
    await ledger.insertOne({ ...(await ledger.findOne({ u: 'a' })), _id: 'other', u: 'd', w: 'other' });
    expect(await verdicts(store)).toEqual([
      ['a', 'right', 0],
      ['b', 'missing', 1],
      ['c', 'balance', 0],
      ['d', 'wrong', 1],
      ['e', 'right', 1],
    ]);
    await store.close();
  });
});

describe('totals beyond 2^53', () => {
  it('are right to the last token to verify, and keep their balance in reconcile', async () => {
    const { users, open } = fresh();
    await users.insertOne({ _id: 'user-1', totalTokensUsed: 7 });
    const store = open();
    const inputTokens = Number.MAX_SAFE_INTEGER - 1;
    const tokens = { inputTokens, outputTokens: 1, totalTokens: inputTokens + 1 };
    const attribution = { userId: 'user-1' };
    for (const id of ['a', 'b', 'c']) {
      // oxlint-disable-next-line no-await-in-loop -- each is counted by itself
      await store.append([usageRecord({ id, callId: id, tokens, attribution })]);
    }
    expect(await verdicts(store)).toEqual([['user-1', 'balance', 0]]);
    expect(await store.reconcile('user-1')).toMatchObject({ state: 'balance' });
    const all = 3n * BigInt(tokens.totalTokens);
    expect(String((await users.findOne({}, { promoteLongs: false }))?.['totalTokensUsed'])).toBe(String(all + 7n));
    await users.updateOne({}, { $inc: { totalTokensUsed: Long.fromNumber(-7) } });
    expect(await verdicts(store)).toEqual([['user-1', 'right', 0]]);
    await store.close();
  });
});

describe('rebuild', () => {
  it('sets totals to the ledger whatever they were, also while records come in', async () => {
    const { users, open } = fresh();
    await users.insertOne({ _id: 'user-1', totalTokensUsed: 'nonsense', name: 'Ada' });
    const store = open({ onError: () => {} });
    await store.append([usageRecord({ id: 'first' })]);
    const appends = Array.from({ length: 40 }, (_, index) => store.append([usageRecord({ id: `r${index}` })]));
    await Promise.all([store.rebuild('user-1'), ...appends]);
    await store.append([usageRecord({ id: 'last' })]);
    expect(await verdicts(store)).toEqual([['user-1', 'right', 0]]);
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 42 * 300, name: 'Ada', _kt: { rev: 42 } });
    expect(await store.userTotals('user-1')).toEqual(await store.totals({ userId: 'user-1' }));
    expect(await store.rebuild('nobody')).toBe(false);
    await store.close();
  });
});

describe('reconcile', () => {
  it('counts what waited for a document that came after its writer was retired', async () => {
    const { users, open, letLeasesEnd } = fresh();
    const first = open();
    await first.append([usageRecord({ id: 'a' })]);
    await first.close();
    await letLeasesEnd();
    const store = open();
    await client()
      .db(users.dbName)
      .collection('kt_writers')
      .updateMany({}, { $set: { c: new Date(0) } });
    expect(await store.retire()).toMatchObject({ retired: 1 });
    await users.insertOne({ _id: 'user-1', totalTokensUsed: 5 });
    expect(await store.reconcile('user-1')).toMatchObject({ state: 'balance', pendingRecords: 0 });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 305, _kt: { rev: 1 } });
    expect(await store.reconcile('user-1')).toMatchObject({ state: 'balance' });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 305 });
    await store.close();
  });
});

describe('reconcile after a backfill', () => {
  it('counts what came since, to a user that refused it and to one whose document came late', async () => {
    const { db, users, messages, open, letLeasesEnd } = fresh();
    await users.insertMany([
      { _id: 'refused', totalTokensUsed: 100 },
      { _id: 'late', totalTokensUsed: 100 },
    ]);
    await messages.insertOne({ _id: 'm', userId: 'refused', totalTokens: 70 });
    const first = open({ onError: () => {} });
    await first.backfill();
    const late = await users.findOneAndDelete({ _id: 'late' });
    await db.command({ collMod: 'users', validator: { totalTokensUsed: { $lte: 100 } } });
    await first.append(['refused', 'late'].map((userId) => usageRecord({ id: userId, attribution: { userId } })));
    await first.close();
    await db.command({ collMod: 'users', validator: {} });
    const store = open();
    expect(await store.reconcile('refused')).toMatchObject({ state: 'right' });
    await letLeasesEnd();
    await db.collection('kt_writers').updateMany({}, { $set: { c: new Date(0) } });
    expect(await store.retire()).toMatchObject({ retired: 1 });
    await users.insertOne(late ?? { _id: 'lost' });
    expect(await store.reconcile('late')).toMatchObject({ state: 'right' });
    expect(await users.find().sort({ _id: 1 }).toArray()).toMatchObject([
      { _id: 'late', totalTokensUsed: 400 },
      { _id: 'refused', totalTokensUsed: 400 },
    ]);
    await store.close();
  });
});

describe('reconcile of a document that the app replaced without its guard', () => {
  it('changes nothing once the loss shows, since what is on it was counted already', async () => {
    const { users, open } = fresh();
    await users.insertOne({ _id: 'user-1' });
    const store = open({ onError: () => {} });
    await store.append([usageRecord({ id: 'a' })]);
    await users.updateOne({ _id: 'user-1' }, { $unset: { _kt: '' } });
    await store.append([usageRecord({ id: 'b' })]);
    expect(await store.reconcile('user-1')).toMatchObject({ state: 'wrong', pendingRecords: 0 });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 600 });
    expect(await store.rebuild('user-1')).toBe(true);
    expect(await store.reconcile('user-1')).toMatchObject({ state: 'right' });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 600 });
    await store.close();
  });
});

describe('reconcile of a user whose old rows were deleted', () => {
  it('counts what waits, and keeps the totals of the rows that are gone', async () => {
    const { db, users, ledger, open } = fresh();
    await users.insertOne({ _id: 'user-1' });
    const store = open({ onError: () => {} });
    await store.append(['a', 'b', 'c'].map((id) => usageRecord({ id })));
    await db.command({ collMod: 'users', validator: { totalTokensUsed: { $lte: 900 } } });
    await store.append([usageRecord({ id: 'd' })]);
    await ledger.deleteMany({ _id: { $in: ['a', 'b'] } });
    await db.command({ collMod: 'users', validator: {} });
    expect(await store.reconcile('user-1')).toMatchObject({ state: 'wrong', pendingRecords: 0 });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 1200, _kt: { rev: 4 } });
    await store.close();
  });
});

describe('repairTypes', () => {
  it('makes 64-bit integers of text, null and doubles, and lets the user be counted again', async () => {
    const { users, open } = fresh();
    await users.insertMany([
      { _id: 'text', totalTokensUsed: '12' },
      { _id: 'null', totalTokensUsed: null },
      { _id: 'double', totalTokensUsed: 2 ** 40 },
      { _id: 'spaces', totalTokensUsed: ' -7\n' },
      { _id: 'decimal', totalTokensUsed: Decimal128.fromString('8') },
      { _id: 'none' },
    ]);
    const store = open({ onError: () => {} });
    await store.append([usageRecord({ attribution: { userId: 'null' } })]);
    expect(await store.repairTypes({ dryRun: true })).toMatchObject({ totalTokensUsed: 5, totalPromptTokens: 0 });
    expect(await store.repairTypes()).toMatchObject({ totalTokensUsed: 5 });
    expect(await store.repairTypes()).toMatchObject({ totalTokensUsed: 0 });
    await store.reconcile('null');
    const found = await users.find({}, { promoteLongs: false }).toArray();
    expect(Object.fromEntries(found.map((user) => [user._id, user['totalTokensUsed']]))).toEqual({
      text: Long.fromNumber(12),
      null: Long.fromNumber(300),
      double: Long.fromNumber(2 ** 40),
      spaces: Long.fromNumber(-7),
      decimal: Long.fromNumber(8),
      none: undefined,
    });
    await store.close();
  });

  const unreadable = [
    'a lot',
    '',
    '1,234',
    '1.234',
    '12.5',
    '1e3',
    '0x10',
    '12 tokens',
    '9223372036854775808',
    12.5,
    1e300,
    Number.NaN,
    Infinity,
    true,
    new Date(0),
    [5],
    { $numberLong: '5' },
  ];

  it.for(unreadable)(
    'leaves %j as it is and reports it, also in a dry run, and no other step loses it',
    async (value) => {
      const { users, messages, ledger, writers, open } = fresh();
      await users.insertMany([
        { _id: 'odd', totalTokensUsed: value },
        { _id: 'even', totalTokensUsed: '5' },
      ]);
      const [before] = await users.find({ _id: 'odd' }).toArray();
      await messages.insertOne({ _id: 'm', userId: 'odd', totalTokens: 100 });
      const errors: string[] = [];
      const store = open({ onError: ({ message }) => errors.push(message) });
      for (const dryRun of [true, false]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await store.repairTypes({ dryRun })).toMatchObject({ totalTokensUsed: 1 });
        expect(errors.splice(0)).toEqual([
          expect.stringMatching(
            /^mongoStore: cannot repair totalTokensUsed of document "odd": .* is not a whole number; /,
          ),
        ]);
      }
      expect(await users.findOne({ _id: 'odd' })).toEqual(before);
      expect(await users.findOne({ _id: 'even' })).toMatchObject({ totalTokensUsed: 5 });
      if (typeof value === 'number') return store.close();
      expect(await store.backfill()).toMatchObject({ rows: 1, skipped: 1 });
      expect(errors.splice(0)).toEqual([expect.stringContaining('user "odd": totalTokensUsed is ')]);
      // Rows of a writer that was retired before the user could be counted.
      await ledger.updateMany({ u: 'odd' }, { $set: { w: 'retired' } });
      await writers.insertOne({ _id: 'retired', l: new Date(0), s: 0, r: new Date(0) });
      await expect(store.reconcile('odd')).rejects.toThrow(/totalTokensUsed is .*, not a number; repair or correct it/);
      expect(await users.findOne({ _id: 'odd' })).toEqual(before);
      await store.close();
    },
  );
});

describe('repairTypes of a document that its validator refuses', () => {
  it('reports it, and repairs the others', async () => {
    const { db, users, open } = fresh();
    await users.insertMany([
      { _id: 'a', totalTokensUsed: '5' },
      { _id: 'b', totalTokensUsed: '7', email: 'b' },
      { _id: 'c', totalTokensUsed: '9', email: 'c' },
    ]);
    await db.command({ collMod: 'users', validator: { email: { $type: 'string' } } });
    const errors: string[] = [];
    const store = open({ onError: ({ message }) => errors.push(message) });
    expect(await store.repairTypes()).toMatchObject({ totalTokensUsed: 2 });
    expect(errors).toEqual([expect.stringMatching(/totalTokensUsed of document "a": Document failed validation/)]);
    expect(await users.find().toArray()).toMatchObject([
      { totalTokensUsed: '5' },
      { totalTokensUsed: 7 },
      { totalTokensUsed: 9 },
    ]);
    await store.close();
  });
});

describe('backfill', () => {
  async function oldApp() {
    const fixture = fresh();
    await fixture.users.insertMany([
      { _id: 'user-1', totalTokensUsed: 1000, totalPromptTokens: 700, totalCompletionTokens: 300 },
      { _id: 'user-2', totalTokensUsed: 0 },
      { _id: 'user-3' },
    ]);
    await fixture.messages.insertMany(
      Array.from({ length: 1200 }, (_, index) => ({
        _id: `m${String(index).padStart(4, '0')}`,
        userId: 'user-1',
        createdAt: new Date('2026-10-01'),
        ...(index < 3 ? { promptTokens: 100, completionTokens: 50, totalTokens: 150 } : {}),
        ...(index === 1100 ? { totalTokens: 7 } : {}),
      })),
    );
    return fixture;
  }

  it('explains totals from before, and leaves them as they are', async () => {
    const { users, ledger, open } = await oldApp();
    const store = open();
    expect(await store.backfill({ dryRun: true })).toMatchObject({ messages: 4, rows: 4, users: 2, balances: 1 });
    expect(await ledger.countDocuments()).toBe(0);
    expect(await store.backfill()).toMatchObject({ messages: 4, rows: 4, users: 2, balances: 1 });
    expect(await store.backfill()).toMatchObject({ messages: 4, rows: 0, balances: 0 });
    expect(await verdicts(store)).toEqual([['user-1', 'right', 0]]);
    expect(await users.findOne({ _id: 'user-1' })).toMatchObject({ totalTokensUsed: 1000, totalPromptTokens: 700 });
    const october = await store.totals({ userId: 'user-1', from: new Date('2026-10-01'), to: new Date('2026-11-01') });
    expect(october).toMatchObject({ calls: 4, tokens: { totalTokens: 457 } });
    expect(await store.userTotals('user-1')).toEqual(await store.totals({ userId: 'user-1' }));
    await store.close();
  });

  it('goes on where it was broken off, beside live traffic', async () => {
    const fixture = await oldApp();
    const { users, open } = fixture;
    const store = open();
    const seen: BackfillProgress[] = [];
    await failCommand(client(), 1, {
      errorCode: 1,
      failCommands: ['getMore', 'insert'],
      namespace: `${users.dbName}.kt_ledger`,
    });
    await expect(store.backfill({ onProgress: (progress) => seen.push(progress) })).rejects.toMatchObject({
      code: 'store_failed',
    });
    await failCommand(client(), 'off');
    const live = Array.from({ length: 30 }, (_, index) => store.append([usageRecord({ id: `live-${index}` })]));
    await Promise.all([store.backfill(), ...live]);
    await store.append([usageRecord({ id: 'after' })]);
    expect(await verdicts(store)).toEqual([['user-1', 'right', 0]]);
    expect(await users.findOne({ _id: 'user-1' })).toMatchObject({ totalTokensUsed: 1000 + 31 * 300 });
    await store.close();
  });

  it('finds ids and counts inside of objects', async () => {
    const { users, messages, open } = fresh();
    await users.insertOne({ _id: '1', auth: { id: 'user-1' }, stats: { tokens: 150 } });
    await messages.insertOne({
      _id: '1',
      meta: { id: 'message-1' },
      userId: 'user-1',
      usage: { in: 100, out: 50, all: 150 },
    });
    const store = open({
      users: { key: 'auth.id', fields: { totalTokens: 'stats.tokens', inputTokens: false, outputTokens: false } },
      messages: {
        key: 'meta.id',
        fields: { inputTokens: 'usage.in', outputTokens: 'usage.out', totalTokens: 'usage.all' },
      },
    });
    expect(await store.backfill()).toMatchObject({ rows: 1, users: 1, lastMessage: 'message-1' });
    expect((await store.totals({ messageId: 'message-1' })).tokens).toEqual({
      inputTokens: 100,
      outputTokens: 50,
      totalTokens: 150,
    });
    expect(await verdicts(store)).toEqual([['user-1', 'right', 0]]);
    // What the user document does not show is no correction.
    expect((await store.totals({ userId: 'user-1' })).tokens.inputTokens).toBe(100);
    await store.close();
  });

  it('takes null for unknown, and output alone for usage', async () => {
    const { messages, open } = fresh();
    await messages.insertMany([
      { _id: 'a', promptTokens: 100, completionTokens: 50, totalTokens: null },
      { _id: 'b', promptTokens: null, completionTokens: null, totalTokens: 7 },
      { _id: 'c', completionTokens: 50 },
    ]);
    const store = open();
    await store.backfill();
    const found: unknown[] = [];
    for await (const { tokens } of store.records({})) found.push(tokens);
    expect(found).toEqual([
      { inputTokens: 100, outputTokens: 50, totalTokens: 150 },
      { totalTokens: 7 },
      { outputTokens: 50, totalTokens: 50 },
    ]);
    await store.close();
  });

  it('gives users without totals those of their messages', async () => {
    const { users, messages, open } = fresh();
    await users.insertOne({ _id: 'user-1' });
    await messages.insertOne({ _id: 'm', userId: 'user-1', promptTokens: 100, completionTokens: 50, totalTokens: 150 });
    const store = open();
    expect(await store.backfill({ dryRun: true })).toMatchObject({ rows: 1, balances: 0 });
    expect(await store.backfill()).toMatchObject({ rows: 1, balances: 0 });
    await store.append([usageRecord()]);
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 450 });
    expect(await verdicts(store)).toEqual([['user-1', 'right', 0]]);
    await store.close();
  });

  it('passes over and reports what no record can hold, and goes on', async () => {
    const { db, users, messages, open } = fresh();
    await users.insertMany([
      { _id: 'a', totalTokensUsed: 2 ** 60 },
      { _id: 'b', totalTokensUsed: 5 },
    ]);
    await messages.insertMany([
      { _id: 'a', totalTokens: 2 ** 60 },
      { _id: 'b', totalTokens: 7 },
    ]);
    await db.collection<{ _id: object }>('messages').insertOne({ _id: { of: 'c' }, totalTokens: 1 } as never);
    const errors: string[] = [];
    const store = open({ onError: ({ message }) => errors.push(message) });
    expect(await store.backfill()).toMatchObject({ messages: 3, rows: 1, users: 2, balances: 1, skipped: 3 });
    expect(errors).toEqual([
      expect.stringContaining('message "a"'),
      expect.stringContaining('message "[object Object]"'),
      expect.stringContaining('user "a"'),
    ]);
    expect(await users.find().toArray()).toMatchObject([{ totalTokensUsed: 2 ** 60 }, { totalTokensUsed: 5 }]);
    expect(await verdicts(store)).toEqual([['b', 'right', 0]]);
    await store.close();
  });

  it('passes over users whose validator refuses them, and completes them when it is run again', async () => {
    const { db, users, messages, open } = fresh();
    await db.createCollection('users', { validator: { $or: [{ _id: { $ne: 'a' } }, { _kt: { $exists: false } }] } });
    await users.insertMany([
      { _id: 'a', totalTokensUsed: 100 },
      { _id: 'b', totalTokensUsed: 5 },
    ]);
    await messages.insertOne({ _id: 'm', userId: 'a', totalTokens: 70 });
    const errors: string[] = [];
    const store = open({ onError: ({ message }) => errors.push(message) });
    expect(await store.backfill()).toMatchObject({ users: 2, balances: 2, skipped: 1 });
    expect(errors).toEqual([expect.stringMatching(/user "a": Document failed validation.*run the backfill again/)]);
    expect(await verdicts(store)).toEqual([
      ['a', 'wrong', 0],
      ['b', 'right', 0],
    ]);
    await db.command({ collMod: 'users', validator: {} });
    expect(await store.backfill()).toMatchObject({ balances: 0, skipped: 0 });
    expect(await verdicts(store)).toEqual([
      ['a', 'right', 0],
      ['b', 'right', 0],
    ]);
    expect(await users.find().toArray()).toMatchObject([{ totalTokensUsed: 100 }, { totalTokensUsed: 5 }]);
    await store.close();
  });

  it('is waited for by reconcile, which does not count what the totals show already', async () => {
    const { db, users, messages, open } = fresh();
    await db.createCollection('users', { validator: { _kt: { $exists: false } } });
    await users.insertOne({ _id: 'user-1', totalTokensUsed: 100 });
    await messages.insertOne({ _id: 'm', userId: 'user-1', totalTokens: 70 });
    const store = open({ onError: () => {} });
    await store.backfill();
    await store.append([usageRecord()]);
    await db.command({ collMod: 'users', validator: {} });
    expect(await store.reconcile('user-1')).toMatchObject({ state: 'wrong', pendingRecords: 0 });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 400 });
    await store.backfill();
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 400 });
    expect(await verdicts(store)).toEqual([['user-1', 'right', 0]]);
    await store.close();
  });
});
