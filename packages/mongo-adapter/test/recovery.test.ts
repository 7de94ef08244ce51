import { usageRecord } from '@kilotoken/core/testing';
import { describe, expect, it } from 'vitest';
import { failCommand, mongoForTests } from './mongo-fixture.ts';

const { fresh, client } = mongoForTests();
const attribution = { userId: 'user-1', messageId: 'message-1' };
const notPrimary = { errorCode: 10_107 };

/** Stores records whose process then dies between the ledger and the documents. */
async function dieAfterInsert(fixture: ReturnType<typeof fresh>, ids: readonly string[]): Promise<void> {
  const store = fixture.open({ timeoutMs: 200 });
  await failCommand(client(), 'always', { ...notPrimary, failCommands: ['update'] });
  await expect(store.append(ids.map((id) => usageRecord({ id, attribution })))).rejects.toMatchObject({
    code: 'store_failed',
  });
  await expect(store.close()).rejects.toMatchObject({ code: 'store_failed' });
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
    await failCommand(client(), 'always', { ...notPrimary, failCommands: ['insert'] });
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
