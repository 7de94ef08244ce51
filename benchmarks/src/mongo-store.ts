// What does the MongoDB store cost against two `updateOne` for each message, near a server and 4 ms away from it?
// Run from the root: npm run bench -- --only mongo-store
import { MongoClient } from 'mongodb';
import type { UsageRecord } from '@kilotoken/core';
import { mongoStore } from '@kilotoken/mongo-adapter';
import type { MongoStore } from '@kilotoken/mongo-adapter';
import { startMongo } from '@kilotoken/mongo-adapter/testing';
import { commandLine, positiveNumber, wholeNumber } from '../../scripts/command-line.ts';
import { createRecorder } from '../../packages/core/src/recording/recorder.ts';
import type { Recorder } from '../../packages/core/src/recording/recorder.ts';
import { startBulkWriteServer } from '../../packages/mongo-adapter/test/faults/bulk-write-server.ts';
import { plainRecord } from '../../packages/mongo-adapter/test/faults/plain-record.ts';
import { cpuTime } from './mongo/cpu-time.ts';
import type { CpuTime } from './mongo/cpu-time.ts';
import { startDelayProxy } from './mongo/delay-proxy.ts';
import type { DelayProxy } from './mongo/delay-proxy.ts';
import { printDocumentCost } from './mongo/document-cost.ts';
import { createRoom } from './mongo/room.ts';
import type { Room } from './mongo/room.ts';
import { median } from './runner/median.ts';

const { spanMs, rounds, delayMs, wantedWays } = commandLine(
  `Usage: npm run bench -- --only mongo-store [-- --seconds 2 --rounds 3 --delay 4 --ways 'meter|two updates, 100']
  --delay   milliseconds to the server and back
  --ways    only ways whose name this expression matches`,
  {
    options: {
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      delay: { type: 'string', default: '4' },
      ways: { type: 'string', default: '' },
    },
  },
  ({ values }) => ({
    spanMs: positiveNumber('--seconds', values.seconds) * 1000,
    rounds: wholeNumber('--rounds', values.rounds),
    delayMs: positiveNumber('--delay', values.delay),
    wantedWays: new RegExp(values.ways),
  }),
);
const userCount = 100;
const majority = { writeConcern: { w: 'majority', j: true } } as const;

type Named = { _id: string };

/** One way of counting; `call` is what the host waits for. */
interface Way {
  readonly name: string;
  readonly sides: number;
  readonly eventsPerCall: number;
  call(side: number): Promise<unknown> | void;
  /** Between two calls of a side. */
  pause?(side: number): Promise<void>;
  /** Sees the rest into the database. */
  finish?(): Promise<void>;
}

/** What it did in one turn. */
interface Result {
  readonly eventsPerSecond: number;
  readonly commandsPerEvent: number;
  /** CPU time per event in microseconds: of this process, which is the app, and of the server. */
  readonly cpuHere: number;
  readonly cpuServer: number;
  readonly p50: number;
  readonly p99: number;
}

/** Records of one side that are on their way at most; an app under such load for long would see its queue grow. */
const inFlight = 20;

const mongo = await startMongo({ members: 1 });
const member = mongo.members[0]?.host ?? '';
const direct = new MongoClient(mongo.uri);
await printDocumentCost(direct);
const proxy = await startDelayProxy(member, delayMs / 2);
await compare('bare', { host: member }, 'bare');
await compare(`with ${delayMs} ms more for each round trip`, proxy, 'delayed');
await proxy.stop();
// Its work is done by single commands, so only the wait of one call says something.
const newest = await startBulkWriteServer(member);
const newestProxy = await startDelayProxy(newest.host, delayMs / 2);
await compare('the same, with the bulkWrite of MongoDB 8 played by a server in front', newestProxy, 'newest', true);
await newestProxy.stop();
await newest.close();
await direct.close();
await mongo.stop();

/** Measures all ways against one server, in turns, and prints the medians. */
async function compare(
  title: string,
  server: Pick<DelayProxy, 'host'> & Partial<DelayProxy>,
  name: string,
  isLatencyOnly = false,
): Promise<void> {
  const client = new MongoClient(`mongodb://${server.host}/?directConnection=true`);
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
  const writers = Array.from({ length: 16 }, () => mongoStore({ client, db, maintenance: false, recovery: false }));
  const [store] = writers;
  if (store === undefined) return;
  await store.ensureIndexes();

  const record = (user?: string) => {
    messagesUsed += 1;
    return plainRecord(`r${messagesUsed}`, user ?? `user-${messagesUsed % userCount}`, `message-${messagesUsed}`);
  };
  const setMessage = (): Promise<unknown> => {
    const tokens = { promptTokens: 200, completionTokens: 100, totalTokens: 300 };
    return db.collection<Named>('messages').updateOne({ _id: `message-${messagesUsed}` }, { $set: tokens }, majority);
  };
  const countUser = (userId = `user-${messagesUsed % userCount}`): Promise<unknown> => {
    const totals = { totalPromptTokens: 200, totalCompletionTokens: 100, totalTokensUsed: 300 };
    return db.collection<Named>('naive').updateOne({ _id: userId }, { $inc: totals }, majority);
  };
  const twoUpdates = async (user?: string): Promise<void> => {
    messagesUsed += 1;
    const userId = user ?? `user-${messagesUsed % userCount}`;
    await setMessage();
    await countUser(userId);
  };
  // Where the app saves the tokens of a message in its own insert, all that is left to compare with is one update.
  const oneUpdate = async (): Promise<void> => {
    messagesUsed += 1;
    await countUser();
  };
  const withoutMessages = mongoStore({ client, db, messages: false, maintenance: false, recovery: false });
  const room = createRoom(inFlight);
  const recorder = createRecorder({
    target: store,
    sinks: [{ write: (records) => room.free(records) }],
    onError: (error) => console.error(error),
  });
  const ways: readonly Way[] = [
    ...(isLatencyOnly ? [1] : [1, 10, 100]).flatMap((sides) => [
      { name: `two updates, ${sides} at once`, sides, eventsPerCall: 1, call: () => twoUpdates() },
      { name: `store, ${sides} at once`, sides, eventsPerCall: 1, call: () => store.append([record()]) },
    ]),
    ...(isLatencyOnly ? [] : singles({ withoutMessages, record, oneUpdate, setMessage, countUser })),
    ...(isLatencyOnly
      ? []
      : crowds({ store, withoutMessages, recorder, room, writers, record, twoUpdates, oneUpdate })),
  ].filter((way) => wantedWays.test(way.name));

  const cpu = async (): Promise<CpuTime> => {
    const { here, server: there } = await cpuTime(direct);
    // The network is a thread of this process, and no work of the app's.
    return { here: here - ((await server.cpuMs?.()) ?? 0), server: there };
  };
  const results = new Map(ways.map((way) => [way, [] as Result[]]));
  for (const way of ways) {
    // oxlint-disable-next-line no-await-in-loop -- connections, writers and code get warm
    await measure(way, Math.min(spanMs, 500), makeMessages, cpu);
  }
  for (let round = 0; round < rounds; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- in turns, so that a busy moment of the machine meets all alike
    for (const way of ways) results.get(way)?.push(await measure(way, spanMs, makeMessages, cpu));
  }
  console.log(`\n${title}`);
  const medians = new Map(
    [...results].map(([way, turns]) => [
      way.name,
      {
        eventsPerSecond: median(turns.map((turn) => turn.eventsPerSecond)),
        commandsPerEvent: median(turns.map((turn) => turn.commandsPerEvent)),
        cpuHere: median(turns.map((turn) => turn.cpuHere)),
        cpuServer: median(turns.map((turn) => turn.cpuServer)),
        p50: median(turns.map((turn) => turn.p50)),
        p99: median(turns.map((turn) => turn.p99)),
      },
    ]),
  );
  for (const [wayName, { eventsPerSecond, commandsPerEvent, cpuHere, cpuServer, p50, p99 }] of medians) {
    console.log(
      `${wayName.padEnd(48)} ${eventsPerSecond.toFixed(0).padStart(6)} events/s  ` +
        `${commandsPerEvent.toFixed(3)} commands  ${cpuHere.toFixed(0).padStart(4)} + ${cpuServer.toFixed(0).padStart(4)} us CPU per event  p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms`,
    );
  }
  const of = (wayName: string): Result | undefined => medians.get(wayName);
  const against = (own: string, naive: string): void => {
    const [ours, theirs] = [of(own), of(naive)];
    if (ours === undefined || theirs === undefined) return;
    console.log(
      `${own} against ${naive}: ${(ours.eventsPerSecond / theirs.eventsPerSecond).toFixed(2)} times the events, ` +
        `${(cpuOf(theirs) / cpuOf(ours)).toFixed(2)} times the events per CPU second, ` +
        `${(ours.p50 / theirs.p50).toFixed(2)} times the wait`,
    );
  };
  for (const sides of [1, 10, 100]) against(`store, ${sides} at once`, `two updates, ${sides} at once`);
  against('store of users only, 1 at once', 'two updates, 1 at once');
  against('two updates side by side, 1 at once', 'one update, 1 at once');
  against('meter, 100 at once', 'two updates, 100 at once');
  against('store, 4 at once, 20 records each', 'two updates, 100 at once');
  against('store, 1 at once, 100 records each', 'two updates, 100 at once');
  against('store, 4 at once, 100 records each', 'two updates, 100 at once');
  against('store, 2 at once, 500 records each', 'two updates, 100 at once');
  against('store of users only, 4 at once, 100 records each', 'one update, 100 at once');
  against('store, one user, 16 writers, 10 each', 'two updates, one user, 160 at once');
  await recorder.close();
  await Promise.all([...writers, withoutMessages].map((writer) => writer.close()));
  await client.close();
}

/** What the wait of a single call consists of: the store sends its second and third command side by side. */
function singles(parts: {
  readonly withoutMessages: MongoStore;
  readonly record: () => UsageRecord;
  readonly oneUpdate: () => Promise<void>;
  readonly setMessage: () => Promise<unknown>;
  readonly countUser: () => Promise<unknown>;
}): Way[] {
  const { withoutMessages, record, oneUpdate, setMessage, countUser } = parts;
  const single = { sides: 1, eventsPerCall: 1 };
  return [
    { ...single, name: 'one update, 1 at once', call: oneUpdate },
    {
      ...single,
      name: 'two updates side by side, 1 at once',
      call() {
        record();
        return Promise.all([setMessage(), countUser()]);
      },
    },
    { ...single, name: 'store of users only, 1 at once', call: () => withoutMessages.append([record()]) },
  ];
}

/** Ways that take more than one call at a time to show what they are. */
function crowds(parts: {
  readonly store: MongoStore;
  readonly withoutMessages: MongoStore;
  readonly recorder: Recorder;
  readonly room: Room;
  readonly writers: readonly MongoStore[];
  readonly record: (user?: string) => UsageRecord;
  readonly twoUpdates: (user?: string) => Promise<void>;
  readonly oneUpdate: () => Promise<void>;
}): Way[] {
  const { store, withoutMessages, recorder, room, writers, record, twoUpdates, oneUpdate } = parts;
  const hot = { sides: 160, eventsPerCall: 1 };
  return [
    ...[
      [4, 20],
      [1, 100],
      [4, 100],
      [2, 500],
    ].map(([sides = 1, size = 1]) => ({
      name: `store, ${sides} at once, ${size} records each`,
      sides,
      eventsPerCall: size,
      call: () => store.append(Array.from({ length: size }, () => record())),
    })),
    {
      name: 'meter, 100 at once',
      sides: 100,
      eventsPerCall: 1,
      // What a wrapped client does at the end of an answer: it does not wait, and its next answer ends in another turn of
      // the event loop. More than the database takes would only queue up, so a side with too many records on their way
      // waits for the store to have some. What a wrapped client does before that is the question of hot-path.
      call(side) {
        const made = record();
        room.take(made.id, side);
        recorder.push(made);
      },
      pause: (side) => room.whenFree(side) ?? nextTurn(),
      finish: () => recorder.flush(),
    },
    { name: 'one update, 100 at once', sides: 100, eventsPerCall: 1, call: oneUpdate },
    {
      name: 'store of users only, 4 at once, 100 records each',
      sides: 4,
      eventsPerCall: 100,
      call: () => withoutMessages.append(Array.from({ length: 100 }, () => record())),
    },
    { name: 'two updates, one user, 160 at once', ...hot, call: () => twoUpdates('user-0') },
    {
      name: 'store, one user, 16 writers, 10 each',
      ...hot,
      call: (side) => (writers[side % writers.length] ?? store).append([record('user-0')]),
    },
  ];
}

function cpuOf({ cpuHere, cpuServer }: Result): number {
  return cpuHere + cpuServer;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Calls from all sides at once for a while. */
async function measure(
  way: Way,
  forMs: number,
  prepare: () => Promise<void>,
  cpu: () => Promise<CpuTime>,
): Promise<Result> {
  await prepare();
  const times: number[] = [];
  const requestsBefore = await serverRequests();
  const cpuBefore = await cpu();
  const began = performance.now();
  const run = async (side: number): Promise<void> => {
    while (performance.now() - began < forMs) {
      const from = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one call after the other on each side
      await way.call(side);
      times.push(performance.now() - from);
      // oxlint-disable-next-line no-await-in-loop -- see above
      await way.pause?.(side);
    }
  };
  await Promise.all(Array.from({ length: way.sides }, (_, side) => run(side)));
  await way.finish?.();
  const seconds = (performance.now() - began) / 1000;
  const events = times.length * way.eventsPerCall;
  const cpuAfter = await cpu();
  const sorted = times.toSorted((a, b) => a - b);
  return {
    eventsPerSecond: events / seconds,
    // What the server received: to ask the driver to tell of each command would slow down who sends many.
    commandsPerEvent: ((await serverRequests()) - requestsBefore - 3) / events,
    cpuHere: ((cpuAfter.here - cpuBefore.here) * 1000) / events,
    cpuServer: ((cpuAfter.server - cpuBefore.server) * 1000) / events,
    p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  };
}

async function serverRequests(): Promise<number> {
  const { network } = await direct.db('admin').command({ serverStatus: 1 });
  return Number((network as { numRequests: unknown }).numRequests);
}
