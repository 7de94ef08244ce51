// Prints the numbers of docs/guide/mongodb-operations.md: npm run capacity -- [--rows 1000000] [--seconds 3]
import { parseArgs } from 'node:util';
import { MongoClient } from 'mongodb';
import { mongoStore } from '../src/index.ts';
import type { MongoStore } from '../src/index.ts';
import { startMongo } from '../src/testing/index.ts';
import { plainRecord } from '../test/faults/plain-record.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, seconds: { type: 'string', default: '3' } },
});
const spanMs = Number(values.seconds) * 1000;
const userCount = 100;
const mongo = await startMongo({ members: 1 });
const client = new MongoClient(mongo.uri, { monitorCommands: true });
let commands = 0;
client.on('commandStarted', () => {
  commands += 1;
});
const db = client.db('app');
const majority = { writeConcern: { w: 'majority', j: true } } as const;
const ids = Array.from({ length: userCount }, (_, index) => ({ _id: `user-${index}` }));
await db.collection<{ _id: string }>('users').insertMany(ids);
await db.collection<{ _id: string }>('naive').insertMany(ids);
const messageIds = Array.from({ length: 5000 }, (_, index) => ({ _id: `message-${index}` }));
await db.collection<{ _id: string }>('messages').insertMany(messageIds);
const store = mongoStore({ client, db: 'app', maintenance: false });
await store.ensureIndexes();

let made = 0;
function record() {
  made += 1;
  return plainRecord(`r${made}`, `user-${made % userCount}`, `message-${made}`);
}

/** Runs `work` from so many sides at once for a while, and prints what it did. */
async function measure(
  name: string,
  sides: number,
  eventsPerCall: number,
  work: () => Promise<unknown>,
): Promise<void> {
  const times: number[] = [];
  commands = 0;
  const began = performance.now();
  const run = async (): Promise<void> => {
    while (performance.now() - began < spanMs) {
      const from = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one call after the other on each side
      await work();
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: sides }, run));
  const events = times.length * eventsPerCall;
  const seconds = (performance.now() - began) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)} ms`;
  const perEvent = (commands / events).toFixed(3);
  console.log(`${name.padEnd(34)} ${Math.round(events / seconds)} events/s, ${perEvent} commands per event`);
  console.log(`${''.padEnd(34)} p50 ${at(0.5)}, p99 ${at(0.99)}`);
}

for (const sides of [1, 10, 100]) {
  // oxlint-disable-next-line no-await-in-loop -- one measurement after the other
  await measure(`naive, ${sides} at once`, sides, 1, async () => {
    made += 1;
    const tokens = { promptTokens: 200, completionTokens: 100, totalTokens: 300 };
    await db
      .collection<{ _id: string }>('messages')
      .updateOne({ _id: `message-${made % 5000}` }, { $set: tokens }, majority);
    await db
      .collection<{ _id: string }>('naive')
      .updateOne({ _id: `user-${made % userCount}` }, { $inc: { totalTokensUsed: 300 } }, majority);
  });
}
for (const sides of [1, 10, 100]) {
  // oxlint-disable-next-line no-await-in-loop -- see above
  await measure(`store, ${sides} at once, 1 record each`, sides, 1, () => store.append([record()]));
}
await measure('store, 4 at once, 100 records each', 4, 100, () => store.append(Array.from({ length: 100 }, record)));

await history(store, Number(values.rows));
await store.close();
await client.close();
await mongo.stop();

/** Thirty days of one user's calls among many, then the questions a profile and a chart ask. */
async function history(target: MongoStore, rows: number): Promise<void> {
  const dayMs = 86_400_000;
  const end = Date.parse('2026-11-22T00:00:00Z');
  for (let start = 0; start < rows; start += 5000) {
    const batch = Array.from({ length: Math.min(5000, rows - start) }, (_, index) => {
      const number = start + index;
      const startedAt = new Date(end - (number / rows) * 30 * dayMs);
      return { ...plainRecord(`h${number}`, `user-${number % userCount}`), startedAt, endedAt: startedAt };
    });
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    await target.append(batch);
  }
  const count = await db.collection('kt_ledger').estimatedDocumentCount();
  const stats = await db.command({ collStats: 'kt_ledger' });
  const perRow = (bytes: unknown): number => Math.round(Number(bytes) / count);
  console.log(`ledger of ${count} rows: ${perRow(stats['size'])} bytes of BSON a row,`);
  console.log(`  ${perRow(stats['storageSize'])} on disk and ${perRow(stats['totalIndexSize'])} of indexes`);
  const rollUpBegan = performance.now();
  await target.rollUp({ full: true });
  console.log(`roll-up of everything: ${Math.round(performance.now() - rollUpBegan)} ms`);
  // As it is some minutes later: nothing was inserted lately.
  await db
    .collection<{ _id: string }>('kt_rollups')
    .updateOne({ _id: 'state' }, { $set: { doneAt: new Date(Date.now() + 3_600_000) } });
  const month = { userId: 'user-1', from: new Date(end - 30 * dayMs), to: new Date(end) };
  await ask('userTotals', () => target.userTotals('user-1'));
  await ask('30 days by day, one user', () => target.series({ ...month, bucket: 'day', timeZone: 'Asia/Kolkata' }));
  await ask('30 days by hour, one user', () => target.series({ ...month, bucket: 'hour' }));
  await ask('totals of 30 days, one user', () => target.totals(month));
}

/** Prints the median of ten answers, after one to warm up. */
async function ask(name: string, question: () => Promise<unknown>): Promise<void> {
  await question();
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const from = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await question();
    times.push(performance.now() - from);
  }
  console.log(`${name.padEnd(34)} ${(times.toSorted((a, b) => a - b)[5] ?? 0).toFixed(1)} ms`);
}
