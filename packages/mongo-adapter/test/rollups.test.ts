import { usageRecord, usageStoreConformance } from '@kilotoken/core/testing';
import type { SeriesQuery, UsageRecord, UsageStore } from '@kilotoken/core';
import { describe, expect, it } from 'vitest';
import { mongoForTests } from './mongo-fixture.ts';

const { fresh } = mongoForTests();

describe('series from roll-ups', () => {
  const cases = usageStoreConformance.filter(({ name }) => /hour|bucket|series/.test(name));
  it.for(cases)('$name', async ({ run }) => {
    const { open, db } = fresh();
    const store = open();
    const rolled: UsageStore = {
      ...store,
      async series(query) {
        await store.rollUp({ full: true });
        // As if the roll-up had been long ago: then nothing is read from the rows but what is asked for in part.
        await db.collection<{ _id: string }>('kt_rollups').updateOne({ _id: 'state' }, { $set: { doneAt: farFuture } });
        return store.series(query);
      },
    };
    await run(() => rolled);
  });

  it('equal the rows while records come in', async () => {
    const { open } = fresh();
    const store = open();
    const records = callsOfAttempts(200);
    const question: SeriesQuery = { bucket: 'hour', by: 'model' };
    await store.append(records.slice(0, 100));
    expect(await store.rollUp()).toEqual({ slots: 3 });
    await store.append(records.slice(100));
    const live = fresh();
    const other = live.open();
    await other.append(records);
    expect(await store.series(question)).toEqual(await other.series(question));
    await Promise.all([store.close(), other.close()]);
  });

  it('miss rows of a clock that is an hour slow until the daily run, which finds them', async () => {
    const { open, db } = fresh();
    const store = open();
    await store.append([usageRecord({ id: 'a' })]);
    await store.rollUp();
    await store.append([usageRecord({ id: 'b' })]);
    // As if its clock were slow: the roll-ups are an hour ahead of it.
    const ahead = new Date(Date.now() + 3_600_000);
    await db.collection<{ _id: string }>('kt_rollups').updateOne({ _id: 'state' }, { $set: { doneAt: ahead } });
    const calls = async () => (await store.series({ bucket: 'hour' })).map((point) => point.calls);
    expect(await calls()).toEqual([1]);
    await store.rollUp();
    expect(await calls()).toEqual([1]);
    await store.rollUp({ full: true });
    expect(await calls()).toEqual([2]);
    await store.close();
  });

  it('are the same after any number of runs, also at the same time', async () => {
    const { open, db } = fresh();
    const stores = [open(), open()] as const;
    await stores[0].append(Array.from({ length: 50 }, (_, index) => usageRecord({ id: `r${index}` })));
    await Promise.all(stores.map((store) => store.rollUp()));
    await stores[1].rollUp();
    await stores[0].rollUp({ full: true });
    const rows = await db
      .collection('kt_rollups')
      .find({ q: { $exists: true } })
      .toArray();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ calls: 50, tt: 15_000, u: 'user-1' });
    await Promise.all(stores.map((store) => store.close()));
  });
});

/** Calls of one to three attempts, which fall into three slots of one hour, and into several models and users. */
function callsOfAttempts(count: number): UsageRecord[] {
  const attempts = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    const callId = `call-${(index * 7) % 90}`;
    const attempt = (attempts.get(callId) ?? 0) + 1;
    attempts.set(callId, attempt);
    return usageRecord({
      id: `r${index}`,
      callId,
      attempt,
      startedAt: new Date(`2026-11-22T10:${['05', '20', '59'][index % 3] ?? '00'}Z`),
      responseModel: `model-${index % 2}`,
      attribution: index % 5 === 0 ? {} : { userId: `user-${index % 4}` },
    });
  });
}

const farFuture = new Date('2100-01-01');
