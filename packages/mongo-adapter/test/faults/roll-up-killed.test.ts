import { usageRecord } from '@kilotoken/core/testing';
import type { Collection, Document } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mongoForTests } from '../mongo-fixture.ts';
import { startProxy } from './op-msg-proxy.ts';
import type { CommandFate } from './op-msg-proxy.ts';
import { startProcess } from './start-process.ts';
import type { ScriptProcess } from './start-process.ts';

const { mongo, fresh } = mongoForTests();

const hourMs = 3_600_000;
const slotCount = 80;
const pieceRows = '40';
const isFull = process.env['KILOTOKEN_FULL'] === '1';

type Documents = Collection<{ _id: string } & Document>;

/** 240 rows of three users, inserted when they happened, over the last twenty days; nothing is rolled up. */
async function setUp() {
  const { db, open, ledger } = fresh();
  const now = Date.now();
  const store = open({ users: false, messages: false });
  await store.append(
    Array.from({ length: slotCount * 3 }, (_, index) =>
      usageRecord({
        id: `r${index}`,
        startedAt: new Date(now - (slotCount - Math.floor(index / 3)) * 6 * hourMs),
        attribution: { userId: `user-${index % 3}` },
        responseModel: `model-${index % 2}`,
      }),
    ),
  );
  await ledger.updateMany({}, [{ $set: { i: '$t' } }]);
  const rollups: Documents = db.collection('kt_rollups');
  return { store, ledger, rollups, name: db.databaseName };
}
type App = Awaited<ReturnType<typeof setUp>>;

/** As after a month in which somebody spoiled every sum, with the daily run to come. */
async function letDailyRunBeDue({ store, rollups }: App): Promise<void> {
  await store.rollUp();
  await rollups.updateMany({ q: { $exists: true } }, { $set: { calls: 7, tt: 7 } });
  await rollups.updateOne({ _id: 'state' }, { $set: { fullAt: new Date(Date.now() - 25 * hourMs) } });
}

/** Starts a process on the roll-ups, which does not outlive its test. */
function startRollUp(uri: string, name: string): ScriptProcess {
  const process = startProcess('roll-up-process.ts', [uri, name, pieceRows]);
  onTestFinished(() => void process.child.kill('SIGKILL'));
  return process;
}

/** Starts one that gets a signal at one of its commands, and hands it over in that state. */
async function startAndStop(
  { name }: App,
  at: { readonly command: string; readonly nth: number; readonly fate: CommandFate; readonly signal: NodeJS.Signals },
): Promise<{ readonly process: ScriptProcess; readonly stopped: Promise<void>; close(): Promise<void> }> {
  const proxy = await startProxy(mongo().members[0]?.host ?? '');
  const process = startRollUp(proxy.uri, name);
  let met = 0;
  const stopped = new Promise<void>((resolve) => {
    proxy.onCommand((command) => {
      if (`${command.name} ${command.collection}` !== at.command) return 'pass';
      met += 1;
      if (met !== at.nth) return 'pass';
      process.child.kill(at.signal);
      resolve();
      return at.fate;
    });
  });
  return {
    process,
    stopped,
    async close() {
      await proxy.delivered();
      await proxy.close();
    },
  };
}

/** As if the process had been silent for longer than its lease, which is a minute. */
async function letLeaseEnd(rollups: Documents): Promise<void> {
  await rollups.updateOne({ _id: 'state' }, { $set: { leaseUntil: new Date(Date.now() - 1) } });
}

/** Every roll-up is the sum of its rows, and there is no other. */
async function expectExact({ ledger, rollups }: App): Promise<void> {
  const names = ['q', 'u', 'm', 'calls', 'it', 'ot', 'tt', 'c'];
  const project = { $project: { _id: 0, ...Object.fromEntries(names.map((each) => [each, 1])) } };
  const sort = { $sort: { q: 1, u: 1, m: 1 } } as const;
  const sums = Object.fromEntries(['it', 'ot', 'tt', 'c'].map((each) => [each, { $sum: `$${each}` }]));
  const rows = await ledger
    .aggregate([
      { $group: { _id: { q: '$q', u: '$u', m: '$m' }, calls: { $sum: 1 }, ...sums } },
      { $set: { q: '$_id.q', u: '$_id.u', m: '$_id.m' } },
      project,
      sort,
    ])
    .toArray();
  expect(rows).toHaveLength(slotCount * 3);
  expect(await rollups.aggregate([{ $match: { q: { $exists: true } } }, project, sort]).toArray()).toEqual(rows);
}

describe('a process that is killed while it works on the roll-ups', { timeout: 60_000 }, () => {
  const cases = [
    ['first', 'insert kt_rollups', 6, 'cut-after'],
    ['first', 'insert kt_rollups', 6, 'late'],
    // Saves of how far it is, and replaced sums.
    ['daily', 'update kt_rollups', 9, 'cut-after'],
    ['daily', 'update kt_rollups', 10, 'late'],
  ] as const;
  const more = [
    // The lease is taken, and nothing done.
    ['first', 'update kt_rollups', 1, 'cut-after'],
    ['first', 'aggregate kt_ledger', 4, 'cut-before'],
    ['first', 'insert kt_rollups', 6, 'cut-before'],
    ['daily', 'update kt_rollups', 3, 'cut-before'],
    ['daily', 'find kt_rollups', 12, 'cut-before'],
  ] as const;
  it.for(isFull ? [...cases, ...more] : cases)(
    'in its %s run, at %s number %i (%s), has it ended by another',
    async ([run, command, nth, fate]) => {
      const app = await setUp();
      if (run === 'daily') await letDailyRunBeDue(app);
      const { rollups, name } = app;
      const first = await startAndStop(app, { command, nth, fate, signal: 'SIGKILL' });
      expect(await first.process.ended).toBe('SIGKILL');
      expect(first.process.lines).toEqual([]);
      const left = await rollups.findOne({ _id: 'state' });
      await expect(expectExact(app)).rejects.toThrow('deeply equal');

      const other = startRollUp(mongo().uri, name);
      // Not while the first one may be alive.
      await expect.poll(() => other.lines, { timeout: 20_000 }).toEqual(['waits']);
      await first.close();
      await letLeaseEnd(rollups);
      expect(await other.ended).toBe(0);
      const slots = Number(other.lines[1]?.replace('done ', ''));
      // What was saved is not done again, but for the piece it ended in.
      const next = left?.['full']?.next as Date | undefined;
      const doneBefore =
        run === 'daily' && next !== undefined ? await app.ledger.distinct('q', { i: { $lt: next } }) : [];
      expect(slots).toBe(slotCount - doneBefore.length);
      if (run === 'daily' && nth > 8) expect(doneBefore.length).toBeGreaterThan(10);
      await expectExact(app);
      expect(await rollups.findOne({ _id: 'state' })).toMatchObject({ fullAt: expect.any(Date) as Date });
      expect((await rollups.findOne({ _id: 'state' }))?.['full']).toBeUndefined();
      await app.store.close();
    },
  );

  it('and one that only stood still do no harm when another has ended its work', async () => {
    const app = await setUp();
    await letDailyRunBeDue(app);
    const { rollups, name } = app;
    const first = await startAndStop(app, { command: 'update kt_rollups', nth: 9, fate: 'pass', signal: 'SIGSTOP' });
    await first.stopped;
    await letLeaseEnd(rollups);
    const other = startRollUp(mongo().uri, name);
    expect(await other.ended).toBe(0);
    await expectExact(app);
    // A row that only the second one saw.
    await app.store.append([usageRecord({ id: 'late', startedAt: new Date(), attribution: { userId: 'user-0' } })]);
    await app.store.rollUp();
    first.process.child.kill('SIGCONT');
    expect(await first.process.ended).toBe(0);
    // It found that it had been taken over from, and tried again.
    expect(first.process.lines[0]).toBe('waits');
    await app.ledger.deleteOne({ _id: 'late' });
    expect((await rollups.deleteMany({ q: { $gt: new Date(Date.now() - hourMs) } })).deletedCount).toBe(1);
    await expectExact(app);
    await first.close();
    await app.store.close();
  });

  // Everywhere else somebody moves the clock; this one waits for it.
  it.runIf(isFull)('is taken over from when its lease has ended', { timeout: 120_000 }, async () => {
    const app = await setUp();
    await letDailyRunBeDue(app);
    const at = { command: 'update kt_rollups', nth: 9, fate: 'cut-before', signal: 'SIGKILL' } as const;
    const first = await startAndStop(app, at);
    expect(await first.process.ended).toBe('SIGKILL');
    const died = performance.now();
    const other = startRollUp(mongo().uri, app.name);
    expect(await other.ended).toBe(0);
    const tookMs = performance.now() - died;
    console.log(`taken over and ended ${(tookMs / 1000).toFixed(1)} s after the death`);
    expect(tookMs).toBeGreaterThan(50_000);
    await expectExact(app);
    await first.close();
    await app.store.close();
  });
});
