// How many records does one core take from a call to a sink, to the memory store, and to SQLite?
// Run from the root: npx node --conditions=@kilotoken/source benchmarks/src/recorder.ts [records]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore, sqliteStore } from '@kilotoken/core';
import type { UsageRecord } from '@kilotoken/core';
import { usageRecord } from '@kilotoken/core/testing';
import { createRecorder } from '../../packages/core/src/recording/recorder.ts';
import type { RecorderParts } from '../../packages/core/src/recording/recorder.ts';
import { handOver } from './runner/results.ts';
import type { Row } from './runner/results.ts';

const recordCount = Number(process.argv[2] ?? 2_000_000);
const rows: Row[] = [];
const folder = mkdtempSync(join(tmpdir(), 'kilotoken-bench-'));
/** As many records as come while the event loop is busy elsewhere. */
const burst = 1000;
/** So many different ones: what is kept for longer costs the garbage collector, not the recorder. */
const kept = 20_000;
const runs = 8;

console.log(
  `${recordCount} records in bursts of ${burst}, Node ${process.version}; records per second, and per CPU second`,
);
const nowhere = { append: async (records: readonly UsageRecord[]) => ({ inserted: records.length, duplicates: 0 }) };
await measure('counting sink', recordCount, 5, () => {
  let count = 0;
  const sink = {
    write(records: readonly UsageRecord[]) {
      count += records.length;
    },
  };
  return { parts: { target: nowhere, sinks: [sink] }, stored: () => Promise.resolve(count) };
});
await measure('memoryStore', Math.min(recordCount, kept), 1, () => {
  const store = memoryStore();
  return { parts: { target: store }, stored: async () => (await store.totals({ userId: 'user-1' })).rev * 100 };
});
await measure('sqliteStore', Math.min(recordCount, kept), 0.1, (run) => {
  const store = sqliteStore({ path: join(folder, `usage-${run}.db`) });
  return { parts: { target: store }, stored: async () => (await store.totals({ userId: 'user-1' })).rev * 100 };
});
rmSync(folder, { recursive: true });
handOver('Recorder and stores', rows);

/** Prints the best run, beside the goal per CPU second in millions; the first ones also warm up the compiler. */
async function measure(
  name: string,
  count: number,
  goal: number,
  prepare: (run: number) => { readonly parts: Pick<RecorderParts, 'target' | 'sinks'>; stored(): Promise<number> },
): Promise<void> {
  let best = { perSecond: 0, perCpuSecond: 0 };
  for (let run = 0; run < runs; run += 1) {
    const records = Array.from({ length: Math.min(count, kept) }, (_, index) => record(index));
    const { parts, stored } = prepare(run);
    const recorder = createRecorder({ ...parts, onError: (error) => console.error(error), maxBytes: 2 ** 31 });
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    for (let first = 0; first < count; first += burst) {
      for (let index = first; index < first + burst && index < count; index += 1) {
        const each = records[index % records.length];
        if (each !== undefined) recorder.push(each);
      }
      // oxlint-disable-next-line no-await-in-loop -- the event loop turns between bursts
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    await recorder.close({ timeoutMs: 120_000 });
    const seconds = (performance.now() - start) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    // oxlint-disable-next-line no-await-in-loop -- one run after the other
    if ((await stored()) !== count) throw new Error(`${name}: records are missing`);
    best = {
      perSecond: Math.max(best.perSecond, count / seconds),
      perCpuSecond: Math.max(best.perCpuSecond, (count / (cpu.user + cpu.system)) * 1e6),
    };
  }
  rows.push({ into: name, 'records per second': best.perSecond, 'records per CPU second': best.perCpuSecond });
  const verdict = `goal ${goal}: ${best.perCpuSecond >= goal * 1e6 ? 'met' : 'MISSED'}`;
  console.log(
    `${name.padEnd(16)} ${millions(best.perSecond)} M/s, ${millions(best.perCpuSecond)} M per CPU second (${verdict})`,
  );
}

function record(index: number): UsageRecord {
  return usageRecord({
    id: `019aa0f0-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
    attribution: { userId: `user-${index % 100}` },
  });
}

function millions(count: number): string {
  return (count / 1e6).toFixed(2).padStart(6);
}
