import type { MongoClient } from 'mongodb';
import { expect } from 'vitest';
import { mongoStore } from '../../src/index.ts';

/**
 * What must hold once everything is quiet: every acknowledged record is in the ledger, every user shows exactly what the
 * ledger has, in 64-bit integers, every message shows its sum, guards have entries of known writers only, and charts from
 * roll-ups equal charts from rows.
 */
export async function checkInvariants(client: MongoClient, db: string, acknowledged: Iterable<string>): Promise<void> {
  const store = mongoStore({ client, db, maintenance: false, recovery: false });
  const database = client.db(db);
  try {
    await database.collection('kt_writers').updateMany({}, { $set: { l: new Date(0) } });
    await store.recover();
    const wrong: unknown[] = [];
    for await (const verdict of store.verify()) {
      if (verdict.state !== 'right' || verdict.pendingRecords > 0) wrong.push(verdict);
    }
    expect(wrong).toEqual([]);

    const ids = [...new Set(acknowledged)];
    const stored = await database.collection<{ _id: string }>('kt_ledger').countDocuments({ _id: { $in: ids } });
    expect(stored).toBe(ids.length);

    const sums = await database
      .collection('kt_ledger')
      .aggregate([{ $match: { mid: { $exists: true } } }, { $group: { _id: '$mid', tokens: { $sum: '$tt' } } }])
      .toArray();
    const messages = await database.collection<{ _id: string; totalTokens?: number }>('messages').find().toArray();
    const shown = new Map(messages.map((message) => [message._id, message.totalTokens] as const));
    for (const sum of sums) expect(shown.get(String(sum['_id'])), String(sum['_id'])).toBe(sum['tokens']);

    const types = await database
      .collection('users')
      .aggregate([
        { $match: { totalTokensUsed: { $exists: true } } },
        { $group: { _id: { $type: '$totalTokensUsed' } } },
      ])
      .toArray();
    expect(types.map(({ _id }) => _id as unknown)).toEqual(types.length === 0 ? [] : ['long']);

    // No guard entry but of writers whose entries may still be there.
    const writers = await database
      .collection<{ _id: string }>('kt_writers')
      .find({ d: { $exists: false } })
      .toArray();
    const known = new Set(writers.map(({ _id }) => _id));
    for (const user of await database.collection('users').find().toArray()) {
      const entries = Object.keys((user['_kt']?.w ?? {}) as object);
      expect(entries.filter((writer) => !known.has(writer))).toEqual([]);
    }

    const live = await store.series({ bucket: 'hour', by: 'user' });
    await store.rollUp({ full: true });
    expect(await store.series({ bucket: 'hour', by: 'user' })).toEqual(live);
  } finally {
    await store.close();
  }
}
