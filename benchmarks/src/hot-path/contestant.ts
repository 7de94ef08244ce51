// One contestant in a process of its own: does the batch it is told to, and says what that cost.
import OpenAI from 'openai';
import { createMeter } from '@kilotoken/core';
import { profiled } from '../profile/cpu-profile.ts';
import type { ProfiledCost } from '../profile/parts.ts';
import { sinkStore } from '../runner/sink-store.ts';
import { floorFetch } from './floor.ts';
import { stubFetch } from './wire.ts';

/** What the orchestrator asks for. */
export interface Batch {
  readonly kind: 'stream' | 'call';
  readonly count: number;
  readonly events: number;
  /** Whether the app asks for usage itself. */
  readonly isAsked: boolean;
  /** Whether to look where the time goes, which costs time itself. */
  readonly isProfiled?: boolean;
}

/** What a batch cost, in microseconds, by its calls. */
export interface BatchCost extends ProfiledCost {
  readonly wall: number;
  /** Median time from the call to the first event. */
  readonly firstEvent: number;
  readonly records: number;
}

let records = 0;
const store = sinkStore((count) => (records += count));
const isMetered = process.argv[2] === 'metered';
const floorQueue: unknown[] | undefined = process.argv[2] === 'floor' ? [] : undefined;
const meter = createMeter({ store });
const messages = [{ role: 'user' as const, content: 'Name three rivers' }];

async function run(batch: Batch): Promise<BatchCost> {
  if (batch.isProfiled !== true) return measured(batch);
  const { result, sampled } = await profiled(() => measured(batch));
  return { ...result, profile: { sampled } };
}

async function measured({ kind, count, events, isAsked }: Batch): Promise<BatchCost> {
  const stub = stubFetch(events);
  const fetch = floorQueue === undefined ? stub : floorFetch(stub, floorQueue);
  const bare = new OpenAI({ apiKey: 'test', maxRetries: 0, fetch });
  const client = isMetered ? meter.wrap(bare) : bare;
  records = 0;
  const firstEvents: number[] = [];
  const before = { all: process.cpuUsage(), main: process.threadCpuUsage() };
  const began = performance.now();
  for (let at = 0; at < count; at += 1) {
    if (kind === 'call') {
      await client.chat.completions.create({ model: 'gpt-5-mini', messages });
      if (at % 10 === 9) await turn();
      continue;
    }
    const called = performance.now();
    let isFirst = true;
    const stream = await client.chat.completions.create({
      model: 'gpt-5-mini',
      messages,
      stream: true,
      ...(isAsked ? { stream_options: { include_usage: true } } : {}),
    });
    for await (const chunk of stream) {
      if (isFirst && chunk !== undefined) firstEvents.push(performance.now() - called);
      isFirst = false;
    }
    await turn();
  }
  const wall = performance.now() - began;
  const all = process.cpuUsage(before.all);
  const main = process.threadCpuUsage(before.main);
  if (isMetered) await meter.flush();
  if (floorQueue !== undefined) records = floorQueue.splice(0).length;
  return {
    cpu: all.user + all.system,
    mainThreadCpu: main.user + main.system,
    wall: wall * 1000,
    firstEvent: median(firstEvents) * 1000,
    events: count,
    records,
  };
}

/** As a network would: without it nothing that a runtime does between two turns of its loop is ever done. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

process.on('message', (batch: Batch) => {
  void run(batch).then((cost) => process.send?.(cost));
});
