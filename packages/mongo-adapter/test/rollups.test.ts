import { usageRecord, usageStoreConformance } from '@kilotoken/core/testing';
import type { SeriesQuery, UsageRecord, UsageStore } from '@kilotoken/core';
import { MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { mongoStore } from '../src/index.ts';
import { openCollections } from '../src/driver/collections.ts';
import { takeRollupLease } from '../src/rollups/roll-up-lease.ts';
import { rollUp } from '../src/rollups/roll-up.ts';
import { mongoForTests } from './mongo-fixture.ts';

const { fresh, mongo } = mongoForTests();

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

describe('a chart of everybody', () => {
  /** Calls of `users` users, one in each of `slots` slots back from the last full hour; inserted when they began. */
  async function setUp(slots: number, users: number) {
    const { open, db } = fresh();
    const store = open({ users: false, messages: false });
    await store.ensureIndexes();
    const now = Math.floor(Date.now() / hourMs) * hourMs;
    const records = Array.from({ length: slots }, (_, index) =>
      usageRecord({
        id: `r${index}`,
        callId: `r${index}`,
        startedAt: new Date(now - index * slotMs),
        attribution: { userId: `user-${index % users}` },
      }),
    );
    await store.append(records);
    await db.collection('kt_ledger').updateMany({}, [{ $set: { i: { $subtract: ['$t', 86_400_000] } } }]);
    await store.rollUp();
    const watched = async (question: SeriesQuery) => {
      await db.command({ profile: 2 });
      const points = await store.series(question);
      await db.command({ profile: 0 });
      const seen = await db.collection('system.profile').find().toArray();
      await db.collection('system.profile').drop();
      const of = (name: string) => seen.filter(({ ns }) => ns === `${db.databaseName}.${name}`);
      return { points, ledger: of('kt_ledger'), rollups: of('kt_rollups') };
    };
    return { store, db, records, now, watched };
  }
  const total = (commands: readonly Document[], field: string): number =>
    commands.reduce((sum, command) => sum + Number(command[field] ?? 0), 0);

  it('reads of a slot that changed the rows of its users, not the whole ledger', async () => {
    const { store, watched, now } = await setUp(500, 50);
    await store.append([
      usageRecord({ id: 'new', callId: 'new', startedAt: new Date(now), attribution: { userId: 'x' } }),
    ]);
    const { points, ledger } = await watched({ bucket: 'month', timeZone: 'Asia/Kolkata' });
    expect(points.reduce((sum, { calls }) => sum + calls, 0)).toBe(501);
    expect(total(ledger, 'docsExamined')).toBeLessThan(50);
    await store.close();
  });

  it('is read whole where the names of its users are longer than a question may be', async () => {
    const { store, now } = await setUp(10, 2);
    const named = Array.from({ length: 400 }, (_, index) =>
      usageRecord({
        id: `n${index}`,
        callId: `n${index}`,
        startedAt: new Date(now - (index % 10) * 48 * hourMs),
        attribution: { userId: `${index}`.padStart(5000, 'x') },
      }),
    );
    await store.append(named);
    const points = await store.series({ bucket: 'month' });
    expect(points.reduce((sum, { calls }) => sum + calls, 0)).toBe(410);
    await store.close();
  });

  it('gets one sum per bucket and group from the server, however many slots there are', async () => {
    const { store, db, watched } = await setUp(600, 3);
    const rolled = await watched({ bucket: 'day', by: 'user', timeZone: 'America/New_York' });
    expect(total(rolled.rollups, 'nreturned')).toBeLessThan(60);
    await db.collection('kt_rollups').deleteMany({});
    expect(rolled.points).toEqual(await store.series({ bucket: 'day', by: 'user', timeZone: 'America/New_York' }));
    await store.close();
  });

  it('reads any number of slots that changed in ten looks at an index, as after an import', async () => {
    const { store, db, records, watched } = await setUp(40, 4);
    // Days apart, and the last one long ago, like an opening balance.
    const imported = Array.from({ length: 300 }, (_, index) => {
      const startedAt = index === 299 ? new Date(0) : new Date(Date.UTC(2026, 0, 1) - index * 50 * hourMs);
      return usageRecord({ id: `i${index}`, callId: `i${index}`, startedAt, attribution: { userId: 'ann' } });
    });
    await store.append(imported);
    const { points, ledger } = await watched({ bucket: 'day', by: 'user' });
    const looks = ledger.map(({ planSummary }) => String(planSummary).split('IXSCAN').length - 1);
    expect(Math.max(...looks)).toBe(10);
    await store.rollUp();
    await db.collection<{ _id: string }>('kt_rollups').updateOne({ _id: 'state' }, { $set: { doneAt: farFuture } });
    const rolled = await watched({ bucket: 'day', by: 'user' });
    await db.collection('kt_rollups').deleteMany({});
    const live = await store.series({ bucket: 'day', by: 'user' });
    expect(live.reduce((sum, { calls }) => sum + calls, 0)).toBe(records.length + imported.length);
    expect(points).toEqual(live);
    expect(rolled.points).toEqual(live);
    await store.close();
  });
});

describe('roll-ups that are sharded as the guide says', () => {
  it('are sent no upsert that does not name their shard key, which servers before 7.1 refuse', async () => {
    const { db } = fresh();
    const own = new MongoClient(mongo().uri, { monitorCommands: true });
    const upserts: Document[] = [];
    own.on('commandStarted', ({ commandName, command }) => {
      if (commandName !== 'update' || command['update'] !== 'kt_rollups') return;
      upserts.push(...(command['updates'] as Document[]).filter(({ upsert }) => upsert === true));
    });
    const store = mongoStore({ client: own, db: db.databaseName, maintenance: false, recovery: false });
    for (const name of ['a', 'b']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await store.append([usageRecord({ id: `1-${name}` }), usageRecord({ id: `2-${name}`, attribution: {} })]);
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await store.rollUp()).toEqual({ slots: 1 });
    }
    expect(upserts).toHaveLength(2);
    expect(upserts.map(({ q: { u, q } }) => [u as unknown, q as unknown])).toEqual(
      expect.arrayContaining([
        [null, expect.any(Date)],
        ['user-1', expect.any(Date)],
      ]),
    );
    expect(await store.series({ bucket: 'day' })).toMatchObject([{ calls: 4 }]);
    await store.close();
    await own.close();
  });
});

describe('charts of rows that were deleted', () => {
  it('stay as they are when rows are kept for 36 days', async () => {
    const { open, ledger } = fresh();
    const store = open();
    const slot = Math.floor((Date.now() - 36 * 24 * hourMs) / slotMs) * slotMs;
    const ids = Array.from({ length: 10 }, (_, index) => `r${index}`);
    await store.append(ids.map((id) => usageRecord({ id, startedAt: new Date(slot) })));
    const half = new Date(slot + slotMs / 2);
    await ledger.updateMany({ _id: { $in: ids.slice(0, 5) } }, { $set: { i: new Date(slot) } });
    await ledger.updateMany({ _id: { $in: ids.slice(5) } }, { $set: { i: half } });
    await store.rollUp();
    await ledger.deleteMany({ i: { $lt: half } });
    await store.rollUp({ full: true });
    expect(await store.series({ bucket: 'month' })).toMatchObject([{ calls: 10 }]);
    await store.close();
  });
});

describe('working everything out anew', () => {
  /** Forty rows, one inserted each minute of the last forty, and each in a slot of its own. */
  async function setUp() {
    const { open, db } = fresh();
    const store = open();
    // The last border of a slot, so that pieces end at the same rows whatever the time is.
    const now = Math.floor(Date.now() / slotMs) * slotMs;
    const records = Array.from({ length: 40 }, (_, index) =>
      usageRecord({ id: `r${index}`, startedAt: new Date(now - (index + 1) * hourMs) }),
    );
    await store.append(records);
    const ledger = db.collection<{ _id: string }>('kt_ledger');
    await ledger.bulkWrite(
      records.map(({ id }, index) => ({
        updateOne: { filter: { _id: id }, update: { $set: { i: new Date(now - 40 * 60_000 + index * 60_000) } } },
      })),
    );
    await store.rollUp();
    const rollups = db.collection<{ _id: string } & Document>('kt_rollups');
    // A day ago, as far as the roll-ups know.
    await rollups.updateOne({ _id: 'state' }, { $set: { doneAt: new Date(now), fullAt: new Date(now - 25 * hourMs) } });
    const collections = openCollections(db, {
      ledger: 'kt_ledger',
      writers: 'kt_writers',
      rollups: 'kt_rollups',
      users: 'users',
      messages: 'messages',
    });
    // What is right already is not written again, and nobody could tell what was worked out.
    const spoiled = await rollups.updateMany({ q: { $exists: true } }, { $set: { calls: 7 } });
    expect(spoiled.modifiedCount).toBe(40);
    const times = async () => {
      const found = await rollups.find({ q: { $exists: true } }).toArray();
      return new Map(found.map((rollup) => [rollup._id, Number(rollup['asOf'])]));
    };
    const state = () => rollups.findOne({ _id: 'state' });
    return { store, ledger, rollups, collections, times, state, now };
  }
  type App = Awaited<ReturnType<typeof setUp>>;

  /** The collections, and the slots that are worked out through them. */
  const watched = ({ collections }: App) => {
    const slots: number[] = [];
    const ledger = Object.create(collections.ledger, {
      aggregate: {
        value(...parts: Parameters<typeof collections.ledger.aggregate>) {
          const [first] = (parts[0] ?? []) as readonly { $match?: { q?: { $in: readonly Date[] } } }[];
          slots.push(...(first?.$match?.q?.$in ?? []).map(Number));
          return collections.ledger.aggregate(...parts);
        },
      },
    }) as typeof collections.ledger;
    return { collections: { ...collections, ledger }, slots };
  };

  /** A process that dies in the middle: once the clock was asked so often. */
  const dyingClock = (now: number, questions: number) => {
    let asked = 0;
    return () => {
      asked += 1;
      if (asked > questions) throw new Error('killed');
      return new Date(now);
    };
  };
  const isRight = async ({ store, ledger }: App): Promise<void> => {
    const [sum] = await ledger.aggregate([{ $group: { _id: null, tokens: { $sum: '$tt' } } }]).toArray();
    const points = await store.series({ bucket: 'hour' });
    expect(points.map(({ calls }) => calls)).toEqual(points.map(() => 1));
    expect(points.reduce((total, { tokens }) => total + tokens.totalTokens, 0)).toBe(sum?.['tokens']);
  };

  it('is gone on with by another process where the first one died, and done once', async () => {
    const app = await setUp();
    const { times, state, now } = app;
    const before = await times();
    const first = watched(app);
    await expect(rollUp(first.collections, dyingClock(now, 30), { pieceRows: 5 })).rejects.toThrow('killed');
    const done = new Set(first.slots);
    const { collections, slots } = watched(app);
    expect((await state())?.['full']).toBeDefined();
    // Nobody takes over while the dead one may be alive.
    expect(await rollUp(collections, () => new Date(now + 30_000), { pieceRows: 5 })).toBeUndefined();
    expect(await rollUp(collections, () => new Date(now + 61_000), { pieceRows: 5 })).toBeGreaterThan(0);
    const after = await times();
    const again = [...new Set(slots)].filter((slot) => done.has(slot));
    const never = [...before].filter(([id, at]) => after.get(id) === at);
    expect(done.size).toBeGreaterThan(15);
    // The piece it died in, and what was inserted in the last ten minutes.
    expect(again.length).toBeLessThanOrEqual(15);
    expect(never).toEqual([]);
    expect(await state()).toMatchObject({ fullAt: new Date(now) });
    expect((await state())?.['full']).toBeUndefined();
    await isRight(app);
    await app.store.close();
  });

  it('writes what is wrong or missing, and nothing else', async () => {
    const app = await setUp();
    const { store, rollups, times } = app;
    await store.rollUp({ full: true });
    const before = await times();
    const [wrong = '', dear = '', missing = ''] = before.keys();
    await rollups.updateOne({ _id: wrong }, { $inc: { tt: 1 } });
    await rollups.updateOne({ _id: dear }, { $set: { c: 5 } });
    await rollups.deleteOne({ _id: missing });
    await store.rollUp({ full: true });
    const written = [...(await times())].filter(([id, at]) => at !== before.get(id)).map(([id]) => id);
    expect(new Set(written)).toEqual(new Set([wrong, dear, missing]));
    await isRight(app);
    await store.close();
  });

  it('counts users once that were given another name in the ledger and the roll-ups', async () => {
    const { open, db } = fresh();
    const store = open({ users: false, messages: false });
    await store.append(
      ['ann', 'bob', 'eve'].map((userId) => usageRecord({ id: `of ${userId}`, attribution: { userId } })),
    );
    await store.rollUp();
    for (const name of ['kt_ledger', 'kt_rollups']) {
      // oxlint-disable-next-line no-await-in-loop -- one collection after the other
      await db.collection(name).updateMany({ u: { $in: ['ann', 'bob'] } }, { $set: { u: 'nobody' } });
    }
    // One of them goes on under the old name, in the same slot.
    await store.append([usageRecord({ id: 'later', callId: 'later', attribution: { userId: 'ann' } })]);
    await store.rollUp({ full: true });
    const rollups = await db
      .collection('kt_rollups')
      .find({ q: { $exists: true } })
      .sort({ u: 1 })
      .toArray();
    expect(rollups.map(({ u, calls }) => [u, calls] as unknown)).toEqual([
      ['ann', 1],
      ['eve', 1],
      ['nobody', 2],
    ]);
    await store.close();
  });

  it('and what changed is left alone by processes that come soon after another one, whose clocks may differ', async () => {
    const { store, collections, state, now } = await setUp();
    const at = (ms: number) => rollUp(collections, () => new Date(now + ms), { restMs: 50_000 });
    expect(await at(60_000)).toBeGreaterThan(0);
    const before = await state();
    expect(await at(61_000)).toBeUndefined();
    expect(await at(109_000)).toBeUndefined();
    expect(await at(-5 * 60_000)).toBeUndefined();
    expect(await state()).toEqual(before);
    expect(await at(111_000)).toBeDefined();
    // One whose clock is far ahead does not have the others wait for it.
    expect(await at(3_600_000)).toBeDefined();
    expect(await at(180_000)).toBeDefined();
    await store.close();
  });

  it('is not done a second time by the run that has never been before', async () => {
    const app = await setUp();
    await app.rollups.deleteMany({});
    const { collections, slots } = watched(app);
    expect(await rollUp(collections, () => new Date(app.now), { full: true, pieceRows: 5 })).toBe(40);
    expect(slots).toHaveLength(40);
    expect(await app.state()).toMatchObject({ fullAt: new Date(app.now) });
    await isRight(app);
    await app.store.close();
  });

  it('is gone on with after a store was closed, and lets what changed have its turn', async () => {
    const app = await setUp();
    const { collections, state, rollups, now } = app;
    let at = now;
    // Each question takes a second.
    const slow = () => new Date((at += 1000));
    let runs = 0;
    for (; runs < 30; runs += 1) {
      let steps = 0;
      // oxlint-disable-next-line no-await-in-loop -- one run after the other
      await rollUp(collections, slow, { pieceRows: 4, isStopped: () => (steps += 1) > 7 });
      // oxlint-disable-next-line no-await-in-loop -- see above
      if ((await state())?.['full'] === undefined) break;
    }
    expect(runs).toBeGreaterThan(1);
    expect(runs).toBeLessThan(30);
    expect((await state())?.['fullAt']).toBeInstanceOf(Date);
    expect(await rollups.countDocuments({ q: { $exists: true } })).toBe(40);
    await isRight(app);
    await app.store.close();
  });

  it('that stood still and was taken over from stops, and puts no old sum over a newer one', async () => {
    const app = await setUp();
    const { collections, now, store } = app;
    let writes = 0;
    let stale: Date | undefined;
    const slow = Object.create(collections.rollups, {
      bulkWrite: {
        async value(...parts: Parameters<typeof collections.rollups.bulkWrite>) {
          writes += 1;
          if (writes === 4) {
            const [first] = parts[0] as unknown as readonly { replaceOne: { replacement: { q: Date } } }[];
            stale = first?.replaceOne.replacement.q;
            if (stale !== undefined) await store.append([usageRecord({ id: 'late', startedAt: stale })]);
            expect(await rollUp(collections, () => new Date(now + 90_000))).toBeGreaterThan(0);
          }
          return collections.rollups.bulkWrite(...parts);
        },
      },
    }) as typeof collections.rollups;
    expect(await rollUp({ ...collections, rollups: slow }, () => new Date(now), { pieceRows: 5 })).toBeUndefined();
    expect(await app.rollups.findOne({ q: stale })).toMatchObject({ calls: 2 });
    await store.close();
  });

  it('keeps others away for as long as it renews its lease', async () => {
    const { collections, store, now } = await setUp();
    let at = now;
    const clock = () => new Date(at);
    const lease = await takeRollupLease(collections, clock);
    for (let step = 0; step < 5; step += 1) {
      at += 50_000;
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await lease?.renew();
      at += 50_000;
      // oxlint-disable-next-line no-await-in-loop -- see above
      expect(await takeRollupLease(collections, clock)).toBeUndefined();
      at -= 40_000;
    }
    at += 61_000;
    const other = await takeRollupLease(collections, clock);
    expect(other).toBeDefined();
    await expect(lease?.save({ $max: { doneAt: new Date(at) } })).rejects.toThrow('another process');
    // Nor does the first one end what is not its own any more.
    await lease?.release();
    expect(await takeRollupLease(collections, clock)).toBeUndefined();
    await other?.release();
    expect(await takeRollupLease(collections, clock)).toBeDefined();
    await store.close();
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

const hourMs = 3_600_000;
const slotMs = hourMs / 4;
const farFuture = new Date('2100-01-01');
