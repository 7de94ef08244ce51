import type { RecordsQuery, UsageRecord } from '@kilotoken/core';
import { usageRecord } from '@kilotoken/core/testing';
import type { Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { openCollections } from '../src/driver/collections.ts';
import type { Collections } from '../src/driver/collections.ts';
import { realPace } from '../src/fold/pace.ts';
import type { UsageDatabase } from '../src/fold/usage-database.ts';
import { createUserFolder } from '../src/fold/user-folder.ts';
import { eraseUser } from '../src/maintenance/erase-user.ts';
import { userLayout } from '../src/users/user-fields.ts';
import type { MongoStore } from '../src/index.ts';
import { failCommand, mongoForTests } from './mongo-fixture.ts';
import type { MongoFixture } from './mongo-fixture.ts';

const { client, fresh } = mongoForTests();

const person = 'eve@example.com';
const secrets = ['eve', 'diary', 'confession', 'blue-whale'];
const ofPerson = {
  userId: person,
  tenantId: 't1',
  conversationId: 'diary',
  messageId: 'confession',
  tags: { pet: 'blue-whale' },
};

/** Calls with attempts of the person, of bob and of nobody, several origins and slots, some without a price. */
const records: readonly UsageRecord[] = Array.from({ length: 120 }, (_, index) => {
  const { attribution: _someone, ...base } = usageRecord({ id: `record-${index}`, callId: `call-${index % 100}` });
  const isOfPerson = index % 3 === 0;
  return {
    ...base,
    startedAt: new Date(Date.UTC(2026, 10, 22) + index * 300_000),
    endedAt: new Date(Date.UTC(2026, 10, 22) + index * 300_000 + 1000),
    attempt: index < 100 ? 1 : 2,
    origin: index >= 100 ? 'missing' : index % 5 === 0 ? 'estimated' : 'reported',
    tokens: index >= 100 ? {} : { inputTokens: index, outputTokens: 1, totalTokens: index + 1 },
    cost: index % 7 === 0 ? { basis: 'unpriced' } : { basis: 'card', picoUsd: index * 8_000_000 },
    ...(isOfPerson ? { responseId: `chatcmpl-eve-${index}`, requestId: `req-eve-${index}` } : {}),
    attribution: isOfPerson ? ofPerson : index % 3 === 1 ? {} : { userId: 'bob', tenantId: 't1' },
  };
});
const erased = records.map((record) => {
  if (record.attribution.userId !== person) return record;
  const { responseId: _response, requestId: _request, ...rest } = record;
  return { ...rest, attribution: { tenantId: 't1' } };
});

async function appWithRecords(isRolledUp: boolean) {
  const fixture = fresh();
  await fixture.users.insertMany([{ _id: person }, { _id: 'bob' }]);
  const store = fixture.open({ messages: false });
  await store.append(records);
  if (isRolledUp) await rollUpLongAgo(store, fixture);
  return { ...fixture, store };
}

/** As if it had been long ago: then charts are read from the roll-ups alone. */
async function rollUpLongAgo(store: MongoStore, { db }: MongoFixture): Promise<void> {
  await store.rollUp({ full: true });
  const farFuture = new Date(Date.now() + 3_600_000 * 24 * 365);
  await db.collection<{ _id: string }>('kt_rollups').updateOne({ _id: 'state' }, { $set: { doneAt: farFuture } });
}

/** Every sum that others may ask for. */
async function sumsOf(store: MongoStore): Promise<unknown> {
  const answers = [];
  for (const query of [{}, { tenantId: 't1' }, { userId: 'bob' }]) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    answers.push(await store.totals(query), await store.series({ ...query, bucket: 'hour', by: 'model' }));
  }
  return JSON.parse(JSON.stringify(answers)) as unknown;
}

async function recordsOf(store: MongoStore, query: RecordsQuery = {}): Promise<UsageRecord[]> {
  const found: UsageRecord[] = [];
  for await (const { cursor: _cursor, ...record } of store.records(query)) found.push(record);
  return found;
}

/** Which of the person's words are left in our collections. */
async function secretsIn({ db }: MongoFixture): Promise<string[]> {
  const found = await Promise.all(
    ['kt_ledger', 'kt_rollups', 'kt_writers'].map((name) => db.collection(name).find().toArray()),
  );
  const text = JSON.stringify(found);
  return secrets.filter((secret) => text.includes(secret));
}

async function verdicts(store: MongoStore): Promise<[string, string, number][]> {
  const found: [string, string, number][] = [];
  for await (const { userId, state, pendingRecords } of store.verify()) found.push([userId, state, pendingRecords]);
  return found;
}

describe.for([false, true])('a person that is erased, with roll-ups: %j', (isRolledUp) => {
  it('leaves records without a user, and every sum of others as it was', async () => {
    const app = await appWithRecords(isRolledUp);
    const { store, users } = app;
    const before = await sumsOf(store);
    const days = await store.series({ bucket: 'hour', userId: null });
    expect(await store.erase(person, { dryRun: true })).toEqual({ records: 40, hasDocument: true });
    expect(await secretsIn(app)).toEqual(secrets);
    expect(await store.erase(person)).toEqual({ records: 40, hasDocument: true });
    expect(await secretsIn(app)).toEqual([]);
    expect(await sumsOf(store)).toEqual(before);
    expect(await recordsOf(store)).toEqual(erased);
    expect((await store.series({ bucket: 'hour', userId: null })).length).toBeGreaterThanOrEqual(days.length);
    expect(await store.series({ bucket: 'hour', userId: person })).toEqual([]);
    expect(await store.userTotals(person)).toMatchObject({ calls: 0, tokens: { totalTokens: 0 }, picoUsd: 0n, rev: 0 });
    expect(await users.findOne({ _id: person })).toMatchObject({ totalTokensUsed: 0, totalCostPicoUsd: 0 });
    expect(await verdicts(store)).toEqual([['bob', 'right', 0]]);
    for await (const { state } of store.verify(person)) expect(state).toBe('right');
    // What is handed in again is still known, by this writer and by others.
    expect(await store.append(records)).toEqual({ inserted: 0, duplicates: 120 });
    const other = app.open({ messages: false });
    expect(await other.append(records)).toEqual({ inserted: 0, duplicates: 120 });
    expect(await store.userTotals(person)).toMatchObject({ calls: 0 });
    // Working everything out anew changes nothing.
    await store.rollUp({ full: true });
    expect(await sumsOf(store)).toEqual(before);
    await Promise.all([store.close(), other.close()]);
  });

  it('goes on from nothing where the app goes on, in the same slots too', async () => {
    const app = await appWithRecords(isRolledUp);
    const errors: Error[] = [];
    const other = app.open({ messages: false, onError: (error) => errors.push(error) });
    await other.append([usageRecord({ id: 'other-1', attribution: ofPerson })]);
    const { store } = app;
    await store.erase(person);
    const [first] = records;
    const later = usageRecord({ ...first, id: 'later', callId: 'later', tokens: { totalTokens: 7 } });
    await store.append([later]);
    await other.append([{ ...later, id: 'other-2', callId: 'other-2' }]);
    expect(await store.userTotals(person)).toMatchObject({ calls: 2, tokens: { totalTokens: 14 }, rev: 2 });
    expect(await verdicts(store)).toEqual([
      ['bob', 'right', 0],
      [person, 'right', 0],
    ]);
    expect(errors).toEqual([]);
    await rollUpLongAgo(store, app);
    const before = await sumsOf(store);
    await rollUpLongAgo(store, app);
    expect(await sumsOf(store)).toEqual(before);
    // Once more, now that the person has sums in slots that were renamed before.
    expect(await store.erase(person)).toMatchObject({ records: 2 });
    expect(await sumsOf(store)).toEqual(before);
    expect(await secretsIn(app)).toEqual([]);
    await Promise.all([store.close(), other.close()]);
  });

  it('is finished by the next run, whichever command of the first one failed', async () => {
    const names = ['find', 'getMore', 'aggregate', 'update', 'insert', 'delete', 'distinct'];
    for (let skip = 0; ; skip += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { store, ...app } = await appWithRecords(isRolledUp);
      // oxlint-disable-next-line no-await-in-loop -- see above
      const before = await sumsOf(store);
      // oxlint-disable-next-line no-await-in-loop -- see above
      await client()
        .db('admin')
        .command({ configureFailPoint: 'failCommand', mode: { skip }, data: { failCommands: names, errorCode: 50 } });
      // oxlint-disable-next-line no-await-in-loop -- see above
      const failed = await store.erase(person).then(
        () => false,
        () => true,
      );
      // oxlint-disable-next-line no-await-in-loop -- see above
      await failCommand(client(), 'off');
      if (!failed) {
        expect(skip).toBeGreaterThan(6);
        // oxlint-disable-next-line no-await-in-loop -- see above
        await store.close();
        break;
      }
      // The lease of one that died runs out by itself.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await app.db
        .collection<{ _id: string }>('kt_rollups')
        .updateOne({ _id: 'state' }, { $set: { leaseUntil: new Date(0) } });
      // Another process has its turn meanwhile.
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (isRolledUp) await store.rollUp({ full: true });
      // oxlint-disable-next-line no-await-in-loop -- see above
      await store.erase(person);
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await secretsIn(app), `after ${skip} commands`).toEqual([]);
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await sumsOf(store), `after ${skip} commands`).toEqual(before);
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await verdicts(store), `after ${skip} commands`).toEqual([['bob', 'right', 0]]);
      // oxlint-disable-next-line no-await-in-loop -- see above
      await store.close();
    }
  }, 60_000);
});

describe('erasing', () => {
  it('a user nobody knows changes nothing', async () => {
    const { store, users, ledger } = await appWithRecords(false);
    await users.insertOne({ _id: 'new', totalTokensUsed: 5 });
    const before = [await ledger.find().toArray(), await users.find().toArray()];
    expect(await store.erase('new')).toEqual({ records: 0, hasDocument: true });
    expect(await store.erase('nobody')).toEqual({ records: 0, hasDocument: false });
    expect([await ledger.find().toArray(), await users.find().toArray()]).toEqual(before);
    await store.close();
  });

  it('counts nothing that a dead process had not counted, and nothing that comes late', async () => {
    const app = fresh();
    const { ledger, users, writers } = app;
    await users.insertOne({ _id: person });
    const store = app.open({ messages: false });
    await store.append([usageRecord({ id: 'a', attribution: ofPerson })]);
    const [row] = await ledger.find().toArray();
    await ledger.insertOne({ ...row, _id: 'late', w: 'dead', cid: 'late' });
    await writers.insertOne({ _id: 'dead', l: new Date(0), s: 0 });
    expect(await store.erase(person)).toMatchObject({ records: 2 });
    // The command of the dead process, executed now.
    const { matchedCount } = await users.updateOne(
      { _id: person, '_kt.w.dead': { $exists: false } },
      { $inc: { totalTokensUsed: 300 }, $set: { '_kt.w.dead': 1 } },
    );
    expect(matchedCount).toBe(0);
    await app.letLeasesEnd();
    await store.recover();
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 0 });
    await store.close();
  });

  it('takes what is counted while it looks at the ledger', async () => {
    const app = fresh();
    await app.users.insertOne({ _id: person });
    const store = app.open({ messages: false });
    const names = { ledger: 'kt_ledger', writers: 'kt_writers', rollups: 'kt_rollups', messages: 'messages' };
    const collections = openCollections(app.db, { ...names, users: 'users' });
    const users = Object.assign(Object.create(collections.users) as Collections['users'], {
      async findOneAndUpdate(filter: Document, update: Document[], options: { returnDocument: 'before' }) {
        await store.append([usageRecord({ id: 'b', callId: 'b', attribution: ofPerson })]);
        return collections.users.findOneAndUpdate(filter, update, options);
      },
    });
    await store.append([usageRecord({ id: 'a', callId: 'a', attribution: ofPerson })]);
    const mapping = { key: '_id', id: (id: string) => id, filter: undefined, layout: userLayout({}), isUsed: true };
    const options = { db: app.db, users: mapping, pace: realPace(), isDryRun: false, onWait: () => {} };
    expect(await eraseUser(person, { ...options, collections: { ...collections, users } })).toMatchObject({
      records: 2,
    });
    expect(await store.userTotals(person)).toMatchObject({ calls: 0 });
    expect(await store.totals({ userId: person })).toMatchObject({ calls: 0 });
    await store.close();
  });

  it('tells once that it waits for the roll-ups of another process and until when, and gives up then with nothing erased', async () => {
    const app = await appWithRecords(true);
    const names = { ledger: 'kt_ledger', writers: 'kt_writers', rollups: 'kt_rollups', messages: 'messages' };
    const collections = openCollections(app.db, { ...names, users: 'users' });
    await app.db
      .collection<{ _id: string }>('kt_rollups')
      .updateOne({ _id: 'state' }, { $set: { leaseUntil: new Date('2100-01-01'), owner: 'another' } });
    let now = Date.UTC(2026, 10, 30);
    const pace = { now: () => new Date(now), backOff: async () => void (now += 30_000) };
    const heard: Date[] = [];
    const mapping = { key: '_id', id: (id: string) => id, filter: undefined, layout: userLayout({}), isUsed: true };
    const options = { db: app.db, collections, users: mapping, pace, isDryRun: false };
    await expect(eraseUser(person, { ...options, onWait: (until) => heard.push(until) })).rejects.toThrow(
      'waited 10 minutes for another process that works on the roll-ups; nothing was erased',
    );
    expect(heard).toEqual([new Date(Date.UTC(2026, 10, 30, 0, 10))]);
    expect(await recordsOf(app.store)).toEqual(records);
    await app.store.close();
  });

  it('beside writers leaves each record either erased or counted', async () => {
    const app = fresh();
    await app.users.insertOne({ _id: person });
    const stores = Array.from({ length: 2 }, () => app.open({ messages: false }));
    const state = { isOver: false };
    const write = async (store: MongoStore, name: number): Promise<number> => {
      let count = 0;
      while (!state.isOver) {
        const batch = Array.from({ length: 50 }, (_, index) => `${name}-${count + index}`);
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await store.append(batch.map((id) => usageRecord({ id, callId: id, attribution: ofPerson })));
        count += batch.length;
      }
      return count;
    };
    const writing = stores.map(write);
    const eraser = app.open({ messages: false });
    let sum = 0;
    for (let run = 0; run < 5; run += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      sum += (await eraser.erase(person)).records;
      // oxlint-disable-next-line no-await-in-loop -- see above
      await eraser.rollUp();
    }
    state.isOver = true;
    const written = (await Promise.all(writing)).reduce((total, count) => total + count, 0);
    const left = await eraser.userTotals(person);
    expect(sum).toBeGreaterThan(0);
    expect(left.calls + sum).toBe(written);
    expect((await eraser.totals({ userId: null })).calls).toBe(sum);
    if (left.calls > 0) expect(await verdicts(eraser)).toEqual([[person, 'right', 0]]);
    await Promise.all([...stores, eraser].map((store) => store.close()));
  });

  it('takes the ids of backfilled messages and balances with it, and keeps corrections of their calls beside them', async () => {
    const app = fresh();
    const { users, messages, ledger } = app;
    await users.insertOne({ _id: person, totalTokensUsed: 100 });
    await messages.insertMany([
      { _id: 'confession-1', userId: person, totalTokens: 30, promptTokens: 20 },
      { _id: 'confession-2', userId: person, totalTokens: 40 },
    ]);
    const store = app.open();
    await store.backfill();
    await store.append([
      usageRecord({
        id: 'priced',
        kind: 'adjustment',
        callId: 'm:confession-1',
        tokens: {},
        cost: { basis: 'override', picoUsd: 5 },
        attribution: { userId: person },
      }),
    ]);
    const before = await store.totals({});
    expect(before).toMatchObject({ calls: 3, tokens: { totalTokens: 100 } });
    expect(await store.erase(person)).toEqual({ records: 4, hasDocument: true });
    expect(await store.totals({})).toEqual(before);
    expect(await secretsIn(app)).toEqual([]);
    const rows = await ledger.find().toArray();
    expect(new Set(rows.map(({ cid }) => cid as unknown)).size).toBe(3);
    expect(await recordsOf(store, { userId: null })).toHaveLength(4);
    await store.close();
  });

  it('leaves the sum of a message to others who have a part in it', async () => {
    const app = fresh();
    await app.messages.insertMany([{ _id: 'confession' }, { _id: 'shared' }]);
    await app.users.insertMany([{ _id: person }, { _id: 'bob' }]);
    const store = app.open();
    const call = (id: string, userId: string, messageId: string) =>
      usageRecord({ id, callId: id, attribution: { userId, messageId } });
    await store.append([call('a', person, 'confession'), call('b', person, 'shared'), call('c', 'bob', 'shared')]);
    await store.erase(person);
    expect(await recordsOf(store, { messageId: 'shared' })).toMatchObject([
      { id: 'b', attribution: { messageId: 'shared' } },
      { id: 'c', attribution: { userId: 'bob' } },
    ]);
    await store.append([call('d', 'bob', 'shared')]);
    expect(await app.messages.findOne({ _id: 'shared' })).toMatchObject({ totalTokens: 900 });
    expect(await app.messages.findOne({ _id: 'confession' })).toMatchObject({ totalTokens: 300 });
    expect(await secretsIn(app)).toEqual([]);
    await store.close();
  });

  it('leaves nobody waiting for a document whose rows are gone', async () => {
    const app = fresh();
    const store = app.open({ messages: false });
    await store.append([usageRecord({ id: 'a', attribution: ofPerson })]);
    expect(await store.erase(person)).toEqual({ records: 1, hasDocument: false });
    await app.users.insertOne({ _id: person });
    const missing: string[] = [];
    const folder = createUserFolder({
      database: {
        guards: async (users: readonly string[]) => new Map(missing.length === 0 ? [] : [[users[0], undefined]]),
        rowsOfWriter: async () => [],
        writer: async () => undefined,
      } as unknown as UsageDatabase,
      writer: 'w',
      persistence: { pace: realPace(), isStopped: () => false, onRetry: () => {} },
      reports: { onMissing: (user) => missing.push(user), onRefused: () => {}, onGuardGone: () => {} },
    });
    await folder.catchUp(new Map([[person, 1n]]));
    expect([...folder.behind]).toEqual([[person, 1n]]);
    await folder.retryBehind([person]);
    expect([...folder.behind]).toEqual([]);
    await store.close();
    expect(await app.users.findOne()).toEqual({ _id: person });
  });

  it('is refused before anything is changed where the document refuses it', async () => {
    const { store, db, users, ledger } = await appWithRecords(false);
    await db.command({ collMod: 'users', validator: { totalTokensUsed: { $gt: 0 } } });
    const before = await ledger.find().toArray();
    await expect(store.erase(person)).rejects.toMatchObject({ code: 'store_failed' });
    expect(await ledger.find().toArray()).toEqual(before);
    expect(await users.findOne({ _id: person })).not.toMatchObject({ totalTokensUsed: 0 });
    await store.close();
  });

  it('of something that is no user id is refused', async () => {
    const { store } = await appWithRecords(false);
    await expect(store.erase(5 as never)).rejects.toMatchObject({ code: 'invalid_options' });
    await store.close();
  });
});
