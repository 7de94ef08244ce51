// How fast does sqliteStore answer over many records, and how long does an append hold the event loop?
// Run from the root: npx node --conditions=@kilotoken/source benchmarks/src/sqlite-store.ts [records] [users]
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { sqliteStore } from '@kilotoken/core';
import type { UsageStore } from '@kilotoken/core';
import { usageRecord } from '@kilotoken/core/testing';
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
    callId: `call-${index.toString(36)}`,
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
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const fillStart = performance.now();
for (let first = 0; first < recordCount; first += 1000) {
  const batch = Array.from({ length: Math.min(1000, recordCount - first) }, (_, index) => record(first + index));
  // oxlint-disable-next-line no-await-in-loop -- one batch after the other is what is measured
  await store.append(batch);
}
const fillMs = performance.now() - fillStart;
delay.disable();
console.log(`${recordCount} records of ${userCount} users over ${days} days, Node ${process.version}`);
console.log(`append           ${((fillMs * 1000) / recordCount).toFixed(1)} us per record in batches of 1000`);
console.log(`event loop delay p50 ${ms(delay.percentile(50))}, p99 ${ms(delay.percentile(99))}, max ${ms(delay.max)}`);
const bytesPerRecord = statSync(path).size / recordCount;
console.log(`file             ${bytesPerRecord.toFixed(0)} bytes per record`);

const rows: Row[] = [
  { question: 'append in batches of 1000, a record', 'median ms': fillMs / recordCount },
  { question: 'event loop delay while appending, p99', 'median ms': delay.percentile(99) / 1e6 },
];
const userId = `user-${Math.min(7, userCount - 1)}`;
const month = { from: new Date(end - 30 * dayMs), to: new Date(end) };
await time('userTotals', () => store.userTotals?.(userId));
await time('totals of a user, all time', () => store.totals({ userId }));
await time('totals of a user, 30 days', () => store.totals({ userId, ...month }));
await time('totals of a conversation', () => store.totals({ conversationId: 'conversation-10' }));
await time('totals of a message of a user', () => store.totals({ userId, messageId: 'message-107' }));
await time('series of a user, 30 days by day, Kolkata', () =>
  store.series({ userId, ...month, bucket: 'day', timeZone: 'Asia/Kolkata' }),
);
await time('series of a user, 30 days by day and model', () =>
  store.series({ userId, ...month, bucket: 'day', by: 'model', timeZone: 'America/New_York' }),
);
await time('series of a user, 30 days by hour', () => store.series({ userId, ...month, bucket: 'hour' }));
await time('totals of everything, all time', () => store.totals({}));
await time('totals of everything, 30 days', () => store.totals(month));
await time('series of everything, 30 days by day', () => store.series({ ...month, bucket: 'day' }));
await time('first 100 records of a user', () => read(100));
await time('all records of a user', () => read());

await store.close();
rmSync(folder, { recursive: true });
handOver(`${recordCount} records of ${userCount} users`, rows);
handOver('File', [{ what: 'bytes per record', bytes: bytesPerRecord }]);

async function read(limit?: number): Promise<void> {
  for await (const _ of store.records({ userId, ...(limit === undefined ? {} : { limit }) }));
}

/** Prints the first run, which compiles the statement and reads the pages, and the median of nine more. */
async function time(name: string, question: () => unknown): Promise<void> {
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
  console.log(`${name.padEnd(44)} first ${first.toFixed(1).padStart(8)} ms, then ${median.toFixed(2).padStart(8)} ms`);
}

function ms(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}
