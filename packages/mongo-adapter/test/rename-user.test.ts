import { usageRecord } from '@kilotoken/core/testing';
import type { MongoStore } from '@kilotoken/mongo-adapter';
import type { Db } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { mongoForTests } from './mongo-fixture.ts';

const { fresh } = mongoForTests();

/** Gives all that was recorded of a user to another id; what that has already stays. Can be repeated. */
async function renameUser(db: Db, store: MongoStore, oldId: string, newId: string): Promise<void> {
  await db.collection('kt_ledger').updateMany({ u: oldId }, { $set: { u: newId } });
  await db.collection('kt_rollups').updateMany({ u: oldId }, { $set: { u: newId } });
  await store.rebuild(newId);
  await store.rebuild(oldId);
  await store.rollUp({ full: true });
}

describe('a user that gets another id', () => {
  it('has all its usage under the new one, beside what was there, and charts agree', async () => {
    const { db, users, open } = fresh();
    await users.insertMany([{ _id: 'old' }, { _id: 'new' }]);
    const [store, other] = [open({ messages: false }), open({ messages: false, onError: () => {} })];
    const call = (id: string, userId: string) => usageRecord({ id, callId: id, attribution: { userId } });
    const records = [call('a', 'old'), call('b', 'new'), call('c', 'old'), call('d', 'new')];
    for (const record of records) {
      // oxlint-disable-next-line no-await-in-loop -- numbers of both users mix
      await store.append([record]);
    }
    await other.append([call('e', 'old')]);
    await store.rollUp();
    for (let run = 0; run < 2; run += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await renameUser(db, store, 'old', 'new');
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await store.userTotals('new')).toMatchObject({ calls: 5, tokens: { totalTokens: 1500 } });
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await store.userTotals('old')).toMatchObject({ calls: 0, tokens: { totalTokens: 0 } });
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await store.series({ bucket: 'day', by: 'user' })).toMatchObject([{ userId: 'new', calls: 5 }]);
    }
    // Both processes go on, under both ids; what is handed in again is known.
    expect(await store.append([...records, call('f', 'new'), call('g', 'old')])).toEqual({
      inserted: 2,
      duplicates: 4,
    });
    expect(await other.append([call('e', 'old'), call('h', 'new'), call('i', 'old')])).toMatchObject({ inserted: 2 });
    expect(await store.userTotals('new')).toMatchObject({ calls: 7 });
    expect(await store.userTotals('old')).toMatchObject({ calls: 2 });
    const verdicts = [];
    for await (const { userId, state, pendingRecords } of store.verify())
      verdicts.push([userId, state, pendingRecords]);
    expect(verdicts).toEqual([
      ['new', 'right', 0],
      ['old', 'right', 0],
    ]);
    await Promise.all([store.close(), other.close()]);
  });
});
