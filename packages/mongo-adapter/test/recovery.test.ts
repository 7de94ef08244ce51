import { usageRecord } from '@kilotoken/core/testing';
import { Long, MongoClient } from 'mongodb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { MongoStoreOptions } from '../src/index.ts';
import { failCommand, mongoForTests } from './mongo-fixture.ts';

const { fresh, mongo, client } = mongoForTests();
const attribution = { userId: 'user-1', messageId: 'message-1' };
// One that the driver does not repeat by itself: nothing may be under way when the process is dead.
const outOfTime = { errorCode: 50 };

/** Stores records whose process then dies between the ledger and the documents. */
async function dieAfterInsert(fixture: ReturnType<typeof fresh>, ids: readonly string[]): Promise<void> {
  const connection = new MongoClient(mongo().uri);
  const store = fixture.open({ db: connection.db(fixture.db.databaseName), timeoutMs: 500 });
  await failCommand(client(), 'always', { ...outOfTime, failCommands: ['update'] });
  await expect(store.append(ids.map((id) => usageRecord({ id, attribution })))).rejects.toMatchObject({
    code: 'store_failed',
  });
  await expect(store.close()).rejects.toMatchObject({ code: 'store_failed' });
  // Ends a command under way, which the server could else carry out once it refuses no more.
  await connection.close();
  await failCommand(client(), 'off');
}

describe('what a dead process left', () => {
  it('is counted on users and messages by another process, once', async () => {
    const fixture = fresh();
    const { users, messages } = fixture;
    await users.insertOne({ _id: 'user-1' });
    await messages.insertOne({ _id: 'message-1' });
    await dieAfterInsert(fixture, ['a', 'b']);
    expect(await users.findOne()).toEqual({ _id: 'user-1' });

    await fixture.letLeasesEnd();
    const others = [fixture.open(), fixture.open(), fixture.open()];
    await Promise.all(others.map((store) => store.recover()));
    await others[0]?.recover();
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 600, _kt: { rev: 2 } });
    expect(await messages.findOne()).toMatchObject({ totalTokens: 600, _kt: { n: 2 } });
    await Promise.all(others.map((store) => store.close()));
  });

  it('is reported for as long as a command of the dead process may still come, and never of one that left nothing', async () => {
    const fixture = fresh();
    await fixture.users.insertOne({ _id: 'user-1' });
    const closed = fixture.open();
    await closed.append([usageRecord({ id: 'z', attribution: { userId: 'user-1' } })]);
    await closed.close();
    await fixture.letLeasesEnd();
    const store = fixture.open();
    expect(await store.recover()).toEqual({ writers: 0 });
    await dieAfterInsert(fixture, ['a']);
    await fixture.writers.updateMany({}, { $set: { l: new Date(Date.now() - 1000) } });
    expect(await store.recover()).toEqual({ writers: 1 });
    expect(await store.recover()).toEqual({ writers: 1 });
    await fixture.messages.insertOne({ _id: 'message-1' });
    await fixture.letLeasesEnd();
    expect(await store.recover()).toEqual({ writers: 1 });
    expect(await store.recover()).toEqual({ writers: 0 });
    expect(await fixture.users.findOne()).toMatchObject({ totalTokensUsed: 600 });
    await store.close();
  });

  it('is left alone while its lease runs', async () => {
    const fixture = fresh();
    await fixture.users.insertOne({ _id: 'user-1' });
    await dieAfterInsert(fixture, ['a']);
    const store = fixture.open();
    expect(await store.recover()).toEqual({ writers: 0 });
    expect(await fixture.users.findOne()).toEqual({ _id: 'user-1' });
    await store.close();
  });

  it('is counted once when the app hands the records in again', async () => {
    const fixture = fresh();
    await fixture.users.insertOne({ _id: 'user-1' });
    await dieAfterInsert(fixture, ['a', 'b']);
    await fixture.letLeasesEnd();
    const store = fixture.open();
    const batch = ['a', 'b', 'c'].map((id) => usageRecord({ id, attribution }));
    expect(await store.append(batch)).toEqual({ inserted: 1, duplicates: 2 });
    await store.recover();
    expect(await fixture.users.findOne()).toMatchObject({ totalTokensUsed: 900, _kt: { rev: 3 } });
    await store.close();
  });
});

describe('an append that could not be finished in time', () => {
  it('rejects, goes on, and is joined by the next try of the same records', async () => {
    const fixture = fresh();
    await fixture.users.insertOne({ _id: 'user-1' });
    const store = fixture.open({ timeoutMs: 4000 });
    await failCommand(client(), 'always', { ...outOfTime, failCommands: ['insert'] });
    await expect(store.append([usageRecord()])).rejects.toMatchObject({ code: 'store_failed' });
    // Joins the work that is under way: it is not told to be a duplicate of itself.
    const again = store.append([usageRecord()]);
    await failCommand(client(), 'off');
    expect(await again).toEqual({ inserted: 1, duplicates: 0 });
    expect(await store.append([usageRecord()])).toEqual({ inserted: 0, duplicates: 1 });
    expect(await fixture.users.findOne()).toMatchObject({ totalTokensUsed: 300 });
    await store.close();
  });
});

describe('a writer that is long gone', () => {
  it('is retired once all it stored is counted, and its guard entries go later', async () => {
    const fixture = fresh();
    const { users, writers, letLeasesEnd } = fixture;
    await users.insertOne({ _id: 'user-1' });
    await dieAfterInsert(fixture, ['a']);
    const store = fixture.open();
    await letLeasesEnd();
    expect(await store.retire()).toEqual({ retired: 1, cleaned: 0 });
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 300 });
    expect(Object.keys((await users.findOne())?.['_kt'].w)).toHaveLength(1);
    expect(await store.retire()).toEqual({ retired: 0, cleaned: 0 });

    await writers.updateMany({}, { $set: { r: new Date(0) } });
    expect(await store.retire()).toEqual({ retired: 0, cleaned: 1 });
    expect((await users.findOne())?.['_kt'].w).toEqual({});
    expect(await store.recover()).toEqual({ writers: 0 });
    await store.append([usageRecord({ id: 'b', attribution })]);
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 600, _kt: { rev: 2 } });
    await store.close();
  });
});

describe('a process whose clock is days wrong', () => {
  it.for([
    ['ahead of', 3],
    ['behind', -3],
  ] as const)('%s the database retires nobody, and calls no roll-up done, but says so', async ([where, days]) => {
    const { db, users, open } = fresh();
    onTestFinished(() => void vi.useRealTimers());
    await users.insertOne({ _id: 'user-1' });
    const [living, wrong] = [open(), open()];
    await living.append([usageRecord({ id: 'a', attribution })]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * 86_400_000 });
    const refusal = {
      code: 'store_failed',
      message: expect.stringContaining(`clock of this process is 4320 minutes ${where} the database's`),
    };
    await expect(wrong.retire()).rejects.toMatchObject(refusal);
    await expect(wrong.rollUp()).rejects.toMatchObject(refusal);
    vi.useRealTimers();
    await living.append([usageRecord({ id: 'b', attribution })]);
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 600 });
    expect(await db.collection('kt_rollups').countDocuments()).toBe(0);
    await Promise.all([living.close(), wrong.close()]);
  });
});

it('writers that are done with are not looked at any more, however many there were', async () => {
  const { db, writers, open } = fresh();
  const store = open();
  await store.ensureIndexes();
  const past = new Date(0);
  const done = { l: past, s: Long.ZERO, c: past, r: past, d: past };
  await writers.insertMany(Array.from({ length: 100 }, (_, index) => ({ _id: `done-${index}`, ...done })));
  await db.command({ profile: 2 });
  expect(await store.recover()).toEqual({ writers: 0 });
  expect(await store.retire()).toEqual({ retired: 0, cleaned: 0 });
  await db.command({ profile: 0 });
  const questions = await db
    .collection('system.profile')
    .find({ ns: `${db.databaseName}.kt_writers` })
    .toArray();
  expect(questions.map(({ docsExamined }) => docsExamined as unknown)).toEqual([0, 0, 0]);
  await store.close();
});

describe('a store without maintenance', () => {
  /** Opens one, and gives what it would do after so many milliseconds. */
  async function timersOf(fixture: ReturnType<typeof fresh>, options: MongoStoreOptions) {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const store = fixture.open(options);
    const tasks = new Map(timers.mock.calls.map(([task, delayMs]) => [delayMs, task]));
    timers.mockRestore();
    onTestFinished(() => store.close());
    return { store, tasks };
  }

  it('counts what dead processes left all the same', async () => {
    const fixture = fresh();
    await fixture.users.insertOne({ _id: 'user-1' });
    await dieAfterInsert(fixture, ['a']);
    await fixture.letLeasesEnd();
    const { tasks } = await timersOf(fixture, { maintenance: false, recovery: true });
    expect(new Set(tasks.keys())).toEqual(new Set([1000, 10_000, 15_000]));
    tasks.get(15_000)?.();
    await vi.waitFor(async () => expect(await fixture.users.findOne()).toMatchObject({ totalTokensUsed: 300 }), 10_000);
  });

  it('nor recovery says that it is alive, and fills in documents that come late', async () => {
    const fixture = fresh();
    const { store, tasks } = await timersOf(fixture, { maintenance: false, recovery: false });
    expect(new Set(tasks.keys())).toEqual(new Set([1000, 10_000]));
    await store.append([usageRecord({ id: 'a', attribution: { userId: 'user-1' } })]);
    await fixture.letLeasesEnd();
    tasks.get(10_000)?.();
    await vi.waitFor(async () => expect((await fixture.writers.findOne())?.['l']).not.toEqual(new Date(0)), 10_000);
    await fixture.users.insertOne({ _id: 'user-1' });
    await vi.waitFor(
      async () => {
        tasks.get(1000)?.();
        expect(await fixture.users.findOne()).toMatchObject({ totalTokensUsed: 300 });
      },
      { timeout: 10_000, interval: 300 },
    );
  });
});
