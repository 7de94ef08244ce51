// What does the journal add to a call, and how fast is it replayed?
// Run from the root: npx node --conditions=@kilotoken/source benchmarks/src/journal.ts [records]
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usageRecord } from '@kilotoken/core/testing';
import { createJournal } from '../../packages/core/src/recording/journal/create-journal.ts';
import type { JournalOptions } from '../../packages/core/src/recording/journal/journal-options.ts';
import { handOver } from './runner/results.ts';
import type { Row } from './runner/results.ts';

const recordCount = Number(process.argv[2] ?? 100_000);
const rows: Row[] = [];
const folder = mkdtempSync(join(tmpdir(), 'kilotoken-bench-'));
const record = (index: number) =>
  usageRecord({
    id: `019aa0f0-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
    attribution: {
      userId: `user-${index % 100}`,
      conversationId: `conversation-${index % 1000}`,
      messageId: `m${index}`,
    },
    rawUsage: { prompt_tokens: 200, completion_tokens: 100, total_tokens: 300 },
  });

console.log(`${recordCount} records, Node ${process.version}, ${folder}`);
const first = performance.now();
open('first').append(record(0));
console.log(`first append     ${(performance.now() - first).toFixed(2)} ms, with the folder, the lock and the file`);
measure('append', recordCount);
measure('append, fsync', Math.min(recordCount, 2000), { fsync: true });
settle();
await replay();
rmSync(folder, { recursive: true });
handOver('Journal', rows);

function open(name: string, options: Partial<JournalOptions> = {}) {
  return createJournal({ path: join(folder, name), ...options }, (error) => console.error(error));
}

function measure(name: string, count: number, options?: Partial<JournalOptions>): void {
  const journal = open(name, options);
  const records = Array.from({ length: count }, (_, index) => record(index));
  const durations = new Float64Array(count);
  for (const [index, each] of records.entries()) {
    const start = performance.now();
    journal.append(each);
    durations[index] = (performance.now() - start) * 1000;
  }
  journal.close();
  const sorted = durations.toSorted();
  const [p50 = 0, p99 = 0, longest = 0] = [0.5, 0.99, 1].map((part) => sorted[Math.floor(part * (count - 1))]);
  const mean = durations.reduce((sum, duration) => sum + duration, 0) / count;
  rows.push({ what: name, 'us per record': mean, 'p50 us': p50, 'p99 us': p99 });
  console.log(
    `${name.padEnd(16)} ${mean.toFixed(1)} us per record, p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${longest.toFixed(0)} us`,
  );
}

/** As a recorder does: batches of 500 are settled while the next ones come. */
function settle(): void {
  const journal = open('settle');
  const records = Array.from({ length: recordCount }, (_, index) => record(index));
  const ids = records.map(({ id }) => id);
  let settling = 0;
  for (let start = 0; start < recordCount; start += 500) {
    for (const each of records.slice(start, start + 500)) journal.append(each);
    const settleStart = performance.now();
    journal.settle(ids.slice(start, start + 500));
    settling += performance.now() - settleStart;
  }
  journal.close();
  rows.push({ what: 'settle, in batches of 500', 'us per record': (settling * 1000) / recordCount });
  console.log(`settle           ${((settling * 1000) / recordCount).toFixed(2)} us per record in batches of 500`);
}

async function replay(): Promise<void> {
  const path = join(folder, 'append');
  const bytes = readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
  const journal = open('append');
  const start = performance.now();
  let longest = 0;
  let count = 0;
  let portionStart = performance.now();
  for await (const { records, done } of journal.replay()) {
    longest = Math.max(longest, performance.now() - portionStart);
    count += records.length;
    done();
    // The time the journal leaves to the host is not the journal's.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    portionStart = performance.now();
  }
  const durationMs = performance.now() - start;
  rows.push({ what: 'replay', 'us per record': (durationMs * 1000) / count });
  console.log(
    `replay           ${((durationMs * 1000) / count).toFixed(1)} us per record, ${longest.toFixed(1)} ms at most at a time`,
  );
  console.log(`files            ${(bytes / count).toFixed(0)} bytes per record`);
}
