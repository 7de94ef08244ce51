import { usageRecord } from '@kilotoken/core/testing';
import type { UsageRecord } from '@kilotoken/core';
import { storableRecord } from '@kilotoken/core/store-kit';
import { createRecordWriter } from '../../src/fold/record-writer.ts';
import type { RecordWriter } from '../../src/fold/record-writer.ts';
import { createRecovery } from '../../src/fold/recover-writers.ts';
import type { Recovery } from '../../src/fold/recover-writers.ts';
import { createUserFolder } from '../../src/fold/user-folder.ts';
import { sumRows, wholeOf } from '../../src/ledger/row-sums.ts';
import { seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';
import { epochMs, simulatedProcess } from './simulated-process.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { messageSumsOf, simulatedServer } from './simulated-server.ts';
import type { KnownBad, SimulatedServer } from './simulated-server.ts';
import { virtualTime } from './virtual-time.ts';

/** What is wrong after one run; all zero and no problems where nothing is. */
export interface SimulationResult {
  /** Users that show more, or less, than the ledger has for them. */
  readonly overCounts: number;
  readonly underCounts: number;
  /** Messages that show another sum than the ledger's. */
  readonly wrongMessages: number;
  /** Records that were acknowledged and are not in the ledger. */
  readonly lostAcknowledged: number;
  /** Work that never came to an end. */
  readonly problems: readonly string[];
  /** Records acknowledged, processes that died. */
  readonly acknowledged: number;
  readonly crashes: number;
}

/** What is simulated. */
export interface SimulationOptions {
  /** A way to get it wrong. */
  readonly bad?: KnownBad | undefined;
  /**
   * Whether processes store and count a batch with one command, or with several. Default `mixed`: each as it happens, as
   * while servers are upgraded.
   */
  readonly batches?: 'at-once' | 'step-by-step' | 'mixed' | undefined;
}

interface App {
  readonly process: SimulatedProcess;
  readonly writer: RecordWriter;
  readonly recovery: Recovery;
}

const users = ['user-0', 'user-1', 'user-2'];
const messages = ['message-0', 'message-1', 'message-2', 'message-3'];
const hourMs = 3_600_000;

/**
 * Runs the adapter's own code, in several processes, against a server and a network that misbehave; every choice follows
 * from the seed. Then lets everything calm down, lets a healthy process recover, and compares.
 */
export async function simulate(
  seed: number,
  { bad, batches = 'mixed' }: SimulationOptions = {},
): Promise<SimulationResult> {
  const random = seededRandom(seed);
  const time = virtualTime();
  // The log reaches the majority bit by bit.
  let isReplicating = false;
  const replicate = (): void => {
    isReplicating = true;
    time.after(1 + random.below(10), () => {
      if (server.replicate(random.onceIn(4) ? 1 : 1 + random.below(20))) replicate();
      else isReplicating = false;
    });
  };
  const server = simulatedServer(bad, random, () => {
    if (!isReplicating) replicate();
  });
  const weather = { isBad: true };
  const acknowledged = new Set<string>();
  const unsettled = new Set<UsageRecord>();
  const problems: string[] = [];
  const apps: App[] = [];
  let writers = 0;
  let crashes = 0;
  let isQuiet = false;

  const startApp = (): App => {
    const storesBatches = batches === 'mixed' ? random.onceIn(2) : batches === 'at-once';
    const process = simulatedProcess({ server, storesBatches, time, random, weather });
    const common = { database: process.database, hasUsers: true, hasMessages: true, onError: () => {} };
    const writer = createRecordWriter({
      ...common,
      pace: process.pace,
      newWriterId: () => `w${(writers += 1)}`,
      leaseMs: 30_000,
      maxBatchRows: 6,
      maxBatchText: 1_000_000,
      orphanAfterMs: 60_000,
      // Some remember next to nothing, as a process with very many users does of each.
      ...(random.onceIn(3) ? { maxRemembered: 1 } : {}),
      onOrphan: () => {},
    });
    const recovery = createRecovery({
      ...common,
      persistence: { pace: process.pace, isStopped: () => false, onRetry: () => {} },
      ownWriter: () => writer.writerId(),
      graceMs: { closed: hourMs, died: 24 * hourMs },
    });
    const app = { process, writer, recovery };
    apps.push(app);
    const every = (ms: number, task: () => Promise<unknown>): void =>
      time.after(ms, () => {
        if (process.isCrashed || isQuiet) return;
        task().catch(() => {});
        every(ms, task);
      });
    every(10_000, () => writer.beat());
    every(3000, () => writer.retryWaiting());
    every(15_000, () => recovery.recover());
    return app;
  };

  const submit = (app: App, record: UsageRecord): void => {
    unsettled.add(record);
    app.writer.write(storableRecord(record)).then(
      () => {
        acknowledged.add(record.id);
        unsettled.delete(record);
      },
      () => {},
    );
  };

  const crash = (app: App): void => {
    if (app.process.isCrashed) return;
    crashes += 1;
    app.process.crash();
    startApp();
    // What nobody acknowledged is handed in again, as a journal does.
    for (const record of unsettled) if (random.onceIn(2)) submit(random.pick(alive()), record);
  };
  /** The primary dies, and may take an app on the same machine along. */
  const failOver = (neighbour?: App): void => {
    server.failOver();
    if (neighbour !== undefined) crash(neighbour);
  };

  const records = makeRecords(random);
  const alive = (): App[] => apps.filter(({ process }) => !process.isCrashed);
  for (const user of users) time.after(random.onceIn(4) ? random.below(40_000) : 0, () => server.putUser(user));
  for (const message of messages)
    time.after(random.onceIn(3) ? random.below(20_000) : 0, () => server.putMessage(message));
  for (let count = 0; count < 3; count += 1) startApp();

  const span = 60_000;
  // Records come in bursts, some of them in two processes at once. In some runs they come in crowds: a process counts what
  // it stored in several batches, while others count what there was when they looked.
  const crowds = random.onceIn(3) ? [random.below(span), random.below(span)] : [];
  const burstAt = (): number => (crowds.length === 0 ? random.below(span) : random.pick(crowds) + random.below(100));
  for (let index = 0; index < records.length;) {
    const burst = records.slice(index, index + 1 + random.below(6));
    index += burst.length;
    time.after(burstAt(), () => {
      const app = random.pick(alive().length > 0 ? alive() : [startApp()]);
      for (const record of burst) {
        submit(app, record);
        if (random.onceIn(6)) submit(random.pick(alive()), record);
      }
      // Somebody recovers a writer that is at work.
      for (let count = crowds.length > 0 ? 3 : Number(random.onceIn(4)); count > 0; count -= 1) {
        time.after(random.below(200), () => void foreignRecovery(random.pick(apps), server).catch(() => {}));
      }
      if (random.onceIn(crowds.length > 0 ? 8 : 20)) {
        time.after(random.below(20), () => failOver(random.onceIn(3) ? app : undefined));
      }
    });
  }
  for (let count = random.below(4); count > 0; count -= 1) {
    time.after(random.below(span), () => crash(random.pick(apps)));
  }
  for (let count = random.below(3); count > 0; count -= 1) {
    time.after(random.below(span), () => random.pick(apps).process.pause(random.below(120_000)));
  }
  for (let count = random.below(3); count > 0; count -= 1) time.after(random.below(span), () => failOver());
  // A recoverer that does not wait for leases: recovery must be harmless whenever it happens.
  for (let count = random.below(4); count > 0; count -= 1) {
    time.after(random.below(span), () => void foreignRecovery(random.pick(apps), server).catch(() => {}));
  }
  if (!(await time.run({ untilMs: 4 * span, maxEvents: 100_000 }))) problems.push('the storm does not end');

  // Calm: the log is whole, the network quick, late commands arrive.
  weather.isBad = false;
  isQuiet = true;
  server.replicateAtOnce();
  await time.run({ untilMs: time.now() + 10 * 60_000, maxEvents: 100_000 });
  // All die at once. A fresh process gets no more than a minute to count what they left, by its timers alone.
  for (const { writer } of apps) writer.beat().catch(() => {});
  await time.run({ untilMs: time.now() + 100, maxEvents: 100_000 });
  for (const [index, app] of alive().entries()) {
    for (let count = 0; count < 3; count += 1) submit(app, makeRecord(random, records.length + index * 3 + count));
  }
  // In the middle of it: some rows are stored and not counted.
  await time.run({ untilMs: time.now() + random.below(40), maxEvents: 100_000 });
  for (const { process } of apps) process.crash();
  isQuiet = false;
  const last = startApp();
  for (const record of unsettled) submit(last, record);
  const settle = async (work: () => Promise<unknown>, what: string, untilMs: number): Promise<void> => {
    let isDone = false;
    work().then(
      () => {
        isDone = true;
      },
      (error: unknown) => problems.push(`${what}: ${String(error)}`),
    );
    await time.run({ untilMs: time.now() + untilMs, maxEvents: 100_000 });
    if (!isDone) problems.push(`${what} does not end`);
  };
  await settle(() => last.writer.idle(), 'the last process', 60_000);
  const afterRecovery = compare(server);
  isQuiet = true;
  await time.run({ untilMs: time.now() + 30 * hourMs, maxEvents: 200_000 });
  await settle(() => last.recovery.retire(), 'retirement', hourMs);
  await settle(() => last.recovery.retire(), 'cleaning', hourMs);
  const afterRetirement = compare(server);
  const guards = [...server.durable.users.values()].map((user) => user.guards.size);
  if (bad === undefined && Math.max(...guards) > 1) problems.push('guard entries of retired writers are left');
  return {
    ...worse(afterRecovery, afterRetirement),
    lostAcknowledged: [...acknowledged].filter((id) => !server.durable.ledger.has(id)).length,
    problems,
    acknowledged: acknowledged.size,
    crashes,
  };
}

function makeRecords(random: SeededRandom): UsageRecord[] {
  return Array.from({ length: 10 + random.below(30) }, (_, index) => makeRecord(random, index));
}

function makeRecord(random: SeededRandom, index: number): UsageRecord {
  const totalTokens = 1 + random.below(1000);
  return usageRecord({
    id: `r${index}`,
    callId: `c${random.onceIn(5) ? random.below(index + 1) : index}`,
    attempt: random.onceIn(5) ? 2 : 1,
    startedAt: new Date(epochMs),
    tokens: { inputTokens: totalTokens, totalTokens },
    attribution: {
      ...(random.onceIn(10) ? {} : { userId: random.pick(users) }),
      ...(random.onceIn(2) ? { messageId: random.pick(messages) } : {}),
    },
  });
}

async function foreignRecovery(app: App, server: SimulatedServer): Promise<void> {
  for (const writer of server.executed.writers.values()) {
    if (writer.id === app.writer.writerId()) continue;
    const folder = createUserFolder({
      database: app.process.database,
      writer: writer.id,
      persistence: { pace: app.process.pace, isStopped: () => false, onRetry: () => {} },
      reports: { onMissing: () => {}, onRefused: () => {}, onGuardGone: () => {} },
    });
    // oxlint-disable-next-line no-await-in-loop -- one writer after the other
    await folder.catchUp(await app.process.database.lastRowsOfUsers(writer.id));
  }
}

function compare(server: SimulatedServer): Pick<SimulationResult, 'overCounts' | 'underCounts' | 'wrongMessages'> {
  const rows = [...server.durable.ledger.values()];
  let overCounts = 0;
  let underCounts = 0;
  for (const [id, user] of server.durable.users) {
    const sums = sumRows(rows.filter((row) => row.u === id));
    const tokens = wholeOf(sums.byOrigin.values()).tokens.tt ?? 0n;
    if (user.records > sums.records || user.totalTokens > tokens || user.calls > sums.calls) overCounts += 1;
    if (user.records < sums.records || user.totalTokens < tokens || user.calls < sums.calls) underCounts += 1;
  }
  let wrongMessages = 0;
  for (const sum of messageSumsOf(rows, [...server.durable.messages.keys()])) {
    if (server.durable.messages.get(sum.message)?.totalTokens !== (sum.tokens.tt ?? 0n)) wrongMessages += 1;
  }
  return { overCounts, underCounts, wrongMessages };
}

function worse<T extends Record<string, number>>(a: T, b: T): T {
  return Object.fromEntries(Object.entries(a).map(([key, value]) => [key, Math.max(value, b[key] ?? 0)])) as T;
}
