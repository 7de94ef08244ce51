// How fast does sqliteStore answer over many records, and how long does an append hold the event loop?
// Run from the root: npx node --conditions=@kilotoken/source benchmarks/src/sqlite-store.ts [records] [users]
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from '@kilotoken/core';
import type { UsageStore } from '@kilotoken/core';
import { usageRecord } from '@kilotoken/core/testing';
import { eraseBesideApp } from './sqlite/erase-beside-app.ts';
import { handOver } from './runner/results.ts';
import type { Row } from './runner/results.ts';

const dayMs = 86_400_000;
const recordCount = Number(process.argv[2] ?? 1_000_000);
const userCount = Number(process.argv[3] ?? 100);
const days = 90;
const end = Date.parse('2026-12-01T00:00:00Z');
const folder = mkdtempSync(join(tmpdir(), 'kilotoken-bench-'));
const path = join(folder, 'usage.db');

const record = (index: number) => {
  const startedAt = new Date(end - Math.round((1 - index / recordCount) * days * dayMs));
  return usageRecord({
    id: `01J${index.toString(36).padStart(12, '0')}`,
    startedAt,
    endedAt: new Date(startedAt.getTime() + 2000),
    responseModel: `model-${index % 5}`,
    attribution: {
      userId: `user-${index % userCount}`,
      tenantId: `tenant-${index % 10}`,
      conversationId: `conversation-${Math.floor(index / 20)}`,
      messageId: `message-${index}`,
      tags: { feature: index % 3 === 0 ? 'chat' : 'title' },
    },
    rawUsage: { prompt_tokens: 200, completion_tokens: 100, total_tokens: 300 },
  });
};

const store: UsageStore = sqliteStore({ path });
/** Times between two ticks of a timer of 1 ms, while records are appended. */
const appending: number[] = [];
/** What the thread of the event loop worked in each of them: a busy machine does not make it longer. */
const working: number[] = [];
/** The same times while nothing is done: what the machine does to any process. */
const idle: number[] = [];
let phase: number[] | undefined;
let tickedAt = 0;
let workedMs = 0;
const ticking = setInterval(() => {
  const now = performance.now();
  const worked = threadCpuMs();
  phase?.push(now - tickedAt);
  if (phase === appending) working.push(worked - workedMs);
  tickedAt = now;
  workedMs = worked;
}, 1);
const begin = (next: number[] | undefined): void => {
  phase = next;
  tickedAt = performance.now();
  workedMs = threadCpuMs();
};
let fillMs = 0;
let fillCpuMs = 0;
for (let first = 0; first < recordCount; first += 1000) {
  const batch = Array.from({ length: Math.min(1000, recordCount - first) }, (_, index) => record(first + index));
  // Making the records is not the store's work.
  // oxlint-disable-next-line no-await-in-loop -- see above
  await turn();
  if (first % 20_000 === 0) {
    begin(idle);
    // oxlint-disable-next-line no-await-in-loop -- see above
    await pause(50);
    begin(undefined);
  }
  begin(appending);
  const start = performance.now();
  const cpuStart = process.cpuUsage();
  // oxlint-disable-next-line no-await-in-loop -- one batch after the other is what is measured
  await store.append(batch);
  const cpu = process.cpuUsage(cpuStart);
  fillMs += performance.now() - start;
  fillCpuMs += (cpu.user + cpu.system) / 1000;
  begin(undefined);
}
console.log(`${recordCount} records of ${userCount} users over ${days} days, Node ${process.version}`);
console.log(
  `append           ${((fillMs * 1000) / recordCount).toFixed(1)} us per record in batches of 1000, ` +
    `${((fillCpuMs * 1000) / recordCount).toFixed(1)} us of CPU`,
);
clearInterval(ticking);
console.log(`event loop       ${delays(appending)} (${goalAt90(appending)})`);
console.log(`... at work      ${delays(working)} (${goalAt90(working)})`);
console.log(`while idle       ${delays(idle)}`);
const bytesPerRecord = statSync(path).size / recordCount;
console.log(`file             ${bytesPerRecord.toFixed(0)} bytes per record`);

const rows: Row[] = [
  { question: 'append in batches of 1000, a record', 'median ms': fillMs / recordCount },
  { question: 'event loop delay while appending, p99', 'median ms': percentile(appending, 99) },
];
const userId = `user-${Math.min(7, userCount - 1)}`;
const month = { from: new Date(end - 30 * dayMs), to: new Date(end) };
await time('userTotals', () => store.userTotals?.(userId), 5);
await time('totals of a user, all time', () => store.totals({ userId }), 5);
await time('totals of a user, 30 days', () => store.totals({ userId, ...month }), 5);
await time('totals of a conversation', () => store.totals({ conversationId: 'conversation-10' }));
await time('totals of a message of a user', () => store.totals({ userId, messageId: 'message-107' }));
await time(
  'series of a user, 30 days by day, Kolkata',
  () => store.series({ userId, ...month, bucket: 'day', timeZone: 'Asia/Kolkata' }),
  50,
);
await time(
  'series of a user, 30 days by day and model',
  () => store.series({ userId, ...month, bucket: 'day', by: 'model', timeZone: 'America/New_York' }),
  50,
);
await time('series of a user, 30 days by hour', () => store.series({ userId, ...month, bucket: 'hour' }), 50);
await time('totals of everything, all time', () => store.totals({}));
await time('totals of everything, 30 days', () => store.totals(month));
await time('series of everything, 30 days by day', () => store.series({ ...month, bucket: 'day' }));
await time('first 100 records of a user', () => read(100));
await time('all records of a user', () => read());

await store.close();
for (const options of [['--no-rewrite'], []]) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  console.log(await eraseBesideApp(path, `user-${options.length}`, options));
}
rmSync(folder, { recursive: true });
handOver(`${recordCount} records of ${userCount} users`, rows);
handOver('File', [{ what: 'bytes per record', bytes: bytesPerRecord }]);

async function read(limit?: number): Promise<void> {
  for await (const _ of store.records({ userId, ...(limit === undefined ? {} : { limit }) }));
}

/** Prints the first run, which compiles the statement and reads the pages, and the median of nine more, beside the goal. */
async function time(name: string, question: () => unknown, goalMs?: number): Promise<void> {
  const durations: number[] = [];
  for (let run = 0; run < 10; run += 1) {
    const start = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one run after the other
    await question();
    durations.push(performance.now() - start);
  }
  const [first = 0, ...later] = durations;
  const median = later.toSorted((a, b) => a - b)[4] ?? 0;
  rows.push({ question: name, 'first ms': first, 'median ms': median });
  const goal = goalMs === undefined ? '' : ` (goal ${goalMs} ms: ${verdict(median, goalMs)})`;
  console.log(
    `${name.padEnd(44)} first ${first.toFixed(1).padStart(8)} ms, then ${median.toFixed(2).padStart(8)} ms${goal}`,
  );
}

function verdict(measuredMs: number, goalMs: number): string {
  return measuredMs <= goalMs ? 'met' : 'MISSED';
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function goalAt90(gaps: readonly number[]): string {
  return `goal 5 ms: ${verdict(percentile(gaps, 90), 5)} at p90`;
}

function delays(gaps: readonly number[]): string {
  return [50, 90, 99, 100].map((part) => `p${part} ${percentile(gaps, part).toFixed(1)} ms`).join(', ');
}

function percentile(gaps: readonly number[], part: number): number {
  return gaps.toSorted((a, b) => a - b)[Math.floor((part / 100) * (gaps.length - 1))] ?? 0;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
