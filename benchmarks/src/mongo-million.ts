// What do a million rows take, and how fast are they read? Does a backfill of a million messages need memory?
// Run from the root: npm run bench -- --only mongo-million
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { mongoStore } from '@kilotoken/mongo-adapter';
import type { MongoStore } from '@kilotoken/mongo-adapter';
import { startMongo } from '@kilotoken/mongo-adapter/testing';
import { MongoClient } from 'mongodb';
import { commandLine, wholeNumber } from '../../scripts/command-line.ts';
import { plainRecord } from '../../packages/mongo-adapter/test/faults/plain-record.ts';
import { cpuTime } from './mongo/cpu-time.ts';
import { median, quantile } from './runner/median.ts';

const { rows, userCount } = commandLine(
  'Usage: npm run bench -- --only mongo-million [-- --rows 1000000 --users 100]',
  { options: { rows: { type: 'string', default: '1000000' }, users: { type: 'string', default: '100' } } },
  ({ values }) => ({ rows: wholeNumber('--rows', values.rows), userCount: wholeNumber('--users', values.users) }),
);
const dayMs = 86_400_000;
const end = Date.parse('2026-11-22T00:00:00Z');
const gc = globalThis.gc;

const mongo = await startMongo({ members: 1 });
const client = new MongoClient(mongo.uri);
// The driver reads each answer a second time for whoever listens to it.
const watched = new MongoClient(mongo.uri, { monitorCommands: true });
const admin = new MongoClient(mongo.uri);
const commands: string[] = [];
let calls = 0;
const db = client.db('app');
await makeApp();
const store = mongoStore({ client, db: 'app', maintenance: false, recovery: false });
const watchedStore = mongoStore({ client: watched, db: 'app', maintenance: false, recovery: false });
await store.ensureIndexes();

await backfill();
await sizes();
await withCalls('one second of nothing', () => pause(1000));
await withCalls('first roll-up of everything', () => store.rollUp());
// As it is some minutes later: nothing was inserted lately.
await db
  .collection<{ _id: string }>('kt_rollups')
  .updateOne({ _id: 'state' }, { $set: { doneAt: new Date(Date.now() + 3_600_000) } });
await withCalls('all of it again, once a day', () => store.rollUp({ full: true }));
watched.on('commandStarted', ({ commandName, command }) => {
  commands.push(`${commandName} ${String(command[commandName])}`);
});
const month = { userId: 'user-1', from: new Date(end - 30 * dayMs), to: new Date(end) };
await ask('userTotals', (from) => from.userTotals('user-1'));
await ask('30 days by day, one user', (from) => from.series({ ...month, bucket: 'day', timeZone: 'Asia/Kolkata' }));
await ask('30 days by hour, one user', (from) => from.series({ ...month, bucket: 'hour' }));
await ask('30 days by day and model', (from) => from.series({ ...month, bucket: 'day', by: 'model' }));
await ask('totals of 30 days, one user', (from) => from.totals(month));
await Promise.all([store.close(), watchedStore.close()]);
await Promise.all([client.close(), watched.close(), admin.close()]);
await mongo.stop();

/** An app of before: messages of thirty days that show their tokens, and users with totals. */
async function makeApp(): Promise<void> {
  const perUser = rows / userCount;
  await db.collection<{ _id: string }>('users').insertMany(
    Array.from({ length: userCount }, (_, index) => ({
      _id: `user-${index}`,
      totalTokensUsed: perUser * 300 + 5000,
      totalPromptTokens: perUser * 200 + 4000,
      totalCompletionTokens: perUser * 100 + 1000,
    })),
  );
  for (let start = 0; start < rows; start += 10_000) {
    const batch = Array.from({ length: Math.min(10_000, rows - start) }, (_, index) => {
      const number = start + index;
      return {
        _id: `message-${String(number).padStart(9, '0')}`,
        userId: `user-${number % userCount}`,
        createdAt: new Date(end - (number / rows) * 30 * dayMs),
        // A user stays with one model for a day.
        model: `model-${(number + Math.floor((number / rows) * 30)) % 5}`,
        promptTokens: 200,
        completionTokens: 100,
        totalTokens: 300,
      };
    });
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    await db.collection<{ _id: string }>('messages').insertMany(batch, { writeConcern: { w: 1 } });
  }
}

/** Brings them into the ledger, and prints how much memory it keeps on the way. */
async function backfill(): Promise<void> {
  const start = performance.now();
  const kept: number[] = [];
  let resident = 0;
  let nextAt = 0;
  const progress = await store.backfill({
    onProgress({ messages }) {
      if (messages < nextAt) return;
      nextAt += rows / 10;
      resident = Math.max(resident, process.memoryUsage.rss());
      gc?.();
      kept.push(process.memoryUsage().heapUsed / 2 ** 20);
    },
  });
  const took = performance.now() - start;
  console.log(
    `backfill of ${progress.messages} messages  ${seconds(took)} s, ${Math.round(progress.rows / (took / 1000))} rows/s, ` +
      `${progress.balances} opening balances`,
  );
  console.log(`heap kept after each tenth ${kept.map((size) => size.toFixed(1)).join(', ')} MiB`);
  console.log(`process at most            ${(resident / 2 ** 20).toFixed(0)} MiB resident`);
  if (gc === undefined) console.log('(without --expose-gc the heap holds garbage, too)');
}

async function sizes(): Promise<void> {
  const count = await db.collection('kt_ledger').estimatedDocumentCount();
  // The server writes its files once a minute.
  await db.admin().command({ fsync: 1 });
  await pause(100);
  const stats = await db.command({ collStats: 'kt_ledger' });
  const perRow = (bytes: unknown): number => Math.round(Number(bytes) / count);
  console.log(
    `ledger of ${count} rows: ${perRow(stats['size'])} bytes of BSON a row, ` +
      `${perRow(stats['storageSize'])} on disk, ${perRow(stats['totalIndexSize'])} of indexes`,
  );
}

/** Prints the median of eleven answers, after three to warm up, the CPU time of one, and its commands. */
async function ask(name: string, question: (from: MongoStore) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await question(store);
  }
  const before = await cpuTime(admin);
  const times: number[] = [];
  for (let round = 0; round < 11; round += 1) {
    const from = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await question(store);
    times.push(performance.now() - from);
  }
  const after = await cpuTime(admin);
  commands.length = 0;
  await question(watchedStore);
  const sorted = times.toSorted((a, b) => a - b);
  const each = (all: number): string => (all / times.length).toFixed(1);
  console.log(
    `${name.padEnd(29)}p50 ${(sorted[5] ?? 0).toFixed(1)} ms, slowest ${(sorted[10] ?? 0).toFixed(1)} ms; ` +
      `CPU ${each(after.here - before.here)} ms here, ${each(after.server - before.server)} ms in the server; ` +
      commands.join(', '),
  );
}

/** Prints how long some work takes, and how long calls of the app wait beside it, one every 20 ms. */
async function withCalls(name: string, work: () => Promise<unknown>): Promise<void> {
  const waits: number[] = [];
  const state = { isOver: false };
  const app = (async (): Promise<void> => {
    while (!state.isOver) {
      const from = performance.now();
      calls += 1;
      // oxlint-disable-next-line no-await-in-loop -- one call after the other
      await store.append([plainRecord(`beside-${calls}`, `user-${calls % userCount}`)]);
      waits.push(performance.now() - from);
      // oxlint-disable-next-line no-await-in-loop -- see above
      await pause(20);
    }
  })();
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const before = await cpuTime(admin);
  const began = performance.now();
  await work();
  const took = performance.now() - began;
  const after = await cpuTime(admin);
  loop.disable();
  state.isOver = true;
  await app;
  console.log(
    `${name.padEnd(29)}${seconds(took)} s; CPU ${seconds(after.here - before.here)} s here, ` +
      `${seconds(after.server - before.server)} s in the server; beside it a call waits p50 ${median(waits).toFixed(1)} ms, ` +
      `p99 ${quantile(waits, 0.99).toFixed(1)} ms, and the event loop ${(loop.max / 1e6).toFixed(0)} ms at most`,
  );
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
