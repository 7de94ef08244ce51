// Prints the comparison of docs/guide/mongodb-operations.md: the store against two `updateOne` for each message.
// npm run bench -- [--seconds 2] [--rounds 3] [--delay 4]
import { parseArgs } from 'node:util';
import { MongoClient } from 'mongodb';
import { mongoStore } from '../src/index.ts';
import { startMongo } from '../src/testing/index.ts';
import { plainRecord } from '../test/faults/plain-record.ts';
import { startDelayProxy } from './delay-proxy.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    delay: { type: 'string', default: '4' },
  },
});
const spanMs = Number(values.seconds) * 1000;
const rounds = Number(values.rounds);
const delayMs = Number(values.delay);
const userCount = 100;
const majority = { writeConcern: { w: 'majority', j: true } } as const;

type Named = { _id: string };

/** One way of counting; `call` is what the host waits for. */
interface Way {
  readonly name: string;
  readonly sides: number;
  readonly eventsPerCall: number;
  call(side: number): Promise<unknown>;
}

/** What it did in one turn. */
interface Result {
  readonly eventsPerSecond: number;
  readonly commandsPerEvent: number;
  readonly p50: number;
  readonly p99: number;
}

const mongo = await startMongo({ members: 1 });
const member = mongo.members[0]?.host ?? '';
const direct = new MongoClient(mongo.uri);
const proxy = await startDelayProxy(member, delayMs / 2);
await compare('bare', member, 'bare');
await compare(`with ${delayMs} ms more for each round trip`, proxy.host, 'delayed');
await proxy.stop();
await direct.close();
await mongo.stop();

/** Measures all ways against one server, in turns, and prints the medians. */
async function compare(title: string, host: string, name: string): Promise<void> {
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`);
  const db = client.db(name);
  // Made beside the measured connection, and before each turn: every message gets one call, as in a chat.
  const messages = direct.db(name).collection<Named>('messages');
  let messagesMade = 0;
  let messagesUsed = 0;
  const makeMessages = async (): Promise<void> => {
    const wanted = messagesUsed + 15_000 * Math.ceil(spanMs / 1000);
    while (messagesMade < wanted) {
      const batch = Array.from({ length: 5000 }, (_, index) => ({ _id: `message-${messagesMade + index}` }));
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      await messages.insertMany(batch, { writeConcern: { w: 1 } });
      messagesMade += batch.length;
    }
  };
  const users = Array.from({ length: userCount }, (_, index) => ({ _id: `user-${index}` }));
  await db.collection<Named>('users').insertMany(users);
  await db.collection<Named>('naive').insertMany(users);
  const writers = Array.from({ length: 16 }, () => mongoStore({ client, db, maintenance: false }));
  const [store] = writers;
  if (store === undefined) return;
  await store.ensureIndexes();

  const record = (user?: string) => {
    messagesUsed += 1;
    return plainRecord(`r${messagesUsed}`, user ?? `user-${messagesUsed % userCount}`, `message-${messagesUsed}`);
  };
  const twoUpdates = async (user?: string): Promise<void> => {
    messagesUsed += 1;
    const userId = user ?? `user-${messagesUsed % userCount}`;
    const tokens = { promptTokens: 200, completionTokens: 100, totalTokens: 300 };
    const totals = { totalPromptTokens: 200, totalCompletionTokens: 100, totalTokensUsed: 300 };
    await db.collection<Named>('messages').updateOne({ _id: `message-${messagesUsed}` }, { $set: tokens }, majority);
    await db.collection<Named>('naive').updateOne({ _id: userId }, { $inc: totals }, majority);
  };
  const ways: readonly Way[] = [
    ...[1, 10, 100].flatMap((sides) => [
      { name: `two updates, ${sides} at once`, sides, eventsPerCall: 1, call: () => twoUpdates() },
      { name: `store, ${sides} at once`, sides, eventsPerCall: 1, call: () => store.append([record()]) },
    ]),
    {
      name: 'store, 100 records in a call',
      sides: 1,
      eventsPerCall: 100,
      call: () => store.append(Array.from({ length: 100 }, () => record())),
    },
    { name: 'two updates, one user, 16 at once', sides: 16, eventsPerCall: 1, call: () => twoUpdates('user-0') },
    {
      name: 'store, one user, 16 writers',
      sides: 16,
      eventsPerCall: 1,
      call: (side) => (writers[side] ?? store).append([record('user-0')]),
    },
  ];

  const results = new Map(ways.map((way) => [way, [] as Result[]]));
  for (const way of ways) {
    // oxlint-disable-next-line no-await-in-loop -- connections, writers and code get warm
    await measure(way, Math.min(spanMs, 500), makeMessages);
  }
  for (let round = 0; round < rounds; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- in turns, so that a busy moment of the machine meets all alike
    for (const way of ways) results.get(way)?.push(await measure(way, spanMs, makeMessages));
  }
  console.log(`\n${title}`);
  const medians = new Map(
    [...results].map(([way, turns]) => [
      way.name,
      {
        eventsPerSecond: median(turns.map((turn) => turn.eventsPerSecond)),
        commandsPerEvent: median(turns.map((turn) => turn.commandsPerEvent)),
        p50: median(turns.map((turn) => turn.p50)),
        p99: median(turns.map((turn) => turn.p99)),
      },
    ]),
  );
  for (const [wayName, { eventsPerSecond, commandsPerEvent, p50, p99 }] of medians) {
    console.log(
      `${wayName.padEnd(36)} ${eventsPerSecond.toFixed(0).padStart(6)} events/s  ` +
        `${commandsPerEvent.toFixed(3)} commands per event  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`,
    );
  }
  const of = (wayName: string): Result =>
    medians.get(wayName) ?? { eventsPerSecond: 0, commandsPerEvent: 0, p50: 0, p99: 0 };
  for (const sides of [1, 10, 100]) {
    const naive = of(`two updates, ${sides} at once`);
    const own = of(`store, ${sides} at once`);
    console.log(
      `store against two updates, ${sides} at once: ${(own.eventsPerSecond / naive.eventsPerSecond).toFixed(2)} times ` +
        `the events, ${(own.p50 / naive.p50).toFixed(2)} times the wait`,
    );
  }
  const hot =
    of('store, one user, 16 writers').eventsPerSecond / of('two updates, one user, 16 at once').eventsPerSecond;
  console.log(`one user, 16 writers: ${hot.toFixed(2)} times the events`);
  await Promise.all(writers.map((writer) => writer.close()));
  await client.close();
}

/** Calls from all sides at once for a while. */
async function measure(way: Way, forMs: number, prepare: () => Promise<void>): Promise<Result> {
  await prepare();
  const times: number[] = [];
  const requestsBefore = await serverRequests();
  const began = performance.now();
  const run = async (side: number): Promise<void> => {
    while (performance.now() - began < forMs) {
      const from = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one call after the other on each side
      await way.call(side);
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: way.sides }, (_, side) => run(side)));
  const seconds = (performance.now() - began) / 1000;
  const events = times.length * way.eventsPerCall;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    eventsPerSecond: events / seconds,
    // What the server received: to ask the driver to tell of each command would slow down who sends many.
    commandsPerEvent: ((await serverRequests()) - requestsBefore - 1) / events,
    p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  };
}

async function serverRequests(): Promise<number> {
  const { network } = await direct.db('admin').command({ serverStatus: 1 });
  return Number((network as { numRequests: unknown }).numRequests);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
