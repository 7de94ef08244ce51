// One contestant in a process of its own: runs the crowd it is told to, and says what that cost, or where it went.
import { constants, PerformanceObserver } from 'node:perf_hooks';
import type { NodeGCPerformanceDetail, PerformanceEntry } from 'node:perf_hooks';
import OpenAI from 'openai';
import { createMeter } from '@kilotoken/core';
import { chatStream } from '../field/tasks/requests.ts';
import { floorFetch } from '../hot-path/floor.ts';
import { countReads } from './counted-reads.ts';
import { profiled } from '../profile/cpu-profile.ts';
import type { Sampled } from '../profile/cpu-profile.ts';
import type { ProfiledCost } from '../profile/parts.ts';
import { sinkStore } from '../runner/sink-store.ts';

/** How the client is watched. */
export type Way = 'bare' | 'floor' | 'metered';

/** What the orchestrator asks for. */
export interface Crowd {
  readonly streams: number;
  /** How often, one crowd after the other. */
  readonly times: number;
  /** Whether the app asks for usage itself. */
  readonly isAsked: boolean;
  /** Of the provider the streams come from. */
  readonly baseURL: string;
  /** Whether to look where the time goes, which costs time itself. */
  readonly isProfiled: boolean;
}

/** What a crowd cost, by the events that the app got. */
export interface CrowdCost extends ProfiledCost {
  readonly wall: number;
  readonly records: number;
  readonly profile?: CrowdProfile;
}

/** Where the time went. */
export interface CrowdProfile {
  readonly sampled: readonly Sampled[];
  /** Of the body, by the SDK. */
  readonly reads: number;
  /** Of the main thread, in pauses of the collector of garbage. */
  readonly collectorMicroseconds: number;
}

const way = process.argv[2] as Way;
const queue: unknown[] = [];
let records = 0;
const store = sinkStore((count) => (records += count));
const meter = createMeter({ store });

async function run({ isProfiled, ...crowd }: Crowd): Promise<CrowdCost> {
  if (!isProfiled) return measured(crowd);
  const counted = { reads: 0 };
  const collector = watchCollector();
  const { result, sampled } = await profiled(() => measured(crowd, counted));
  return { ...result, profile: { sampled, reads: counted.reads, collectorMicroseconds: collector.stop() } };
}

async function measured(
  { streams, times, isAsked, baseURL }: Omit<Crowd, 'isProfiled'>,
  counted?: { reads: number },
): Promise<CrowdCost> {
  const client = clientOf(baseURL);
  if (counted !== undefined) countReads(client, counted);
  let events = 0;
  records = 0;
  // What the last crowd left is none of this one's.
  globalThis.gc?.();
  const before = { all: process.cpuUsage(), main: process.threadCpuUsage(), wall: performance.now() };
  for (let time = 0; time < times; time += 1) {
    await Promise.all(
      Array.from({ length: streams }, async () => {
        const stream = await client.chat.completions.create(chatStream(isAsked));
        for await (const chunk of stream) {
          void chunk;
          events += 1;
        }
      }),
    );
  }
  const all = process.cpuUsage(before.all);
  const main = process.threadCpuUsage(before.main);
  const wall = performance.now() - before.wall;
  if (way === 'metered') await meter.flush();
  if (way === 'floor') records = queue.splice(0).length;
  return {
    cpu: all.user + all.system,
    mainThreadCpu: main.user + main.system,
    wall: wall * 1000,
    events,
    records,
  };
}

function clientOf(baseURL: string): OpenAI {
  const options = { apiKey: 'test', maxRetries: 0, baseURL };
  if (way === 'floor') return new OpenAI({ ...options, fetch: floorFetch(fetch, queue) });
  const client = new OpenAI(options);
  return way === 'metered' ? meter.wrap(client) : client;
}

/** Adds up the pauses of the collector of garbage until it is stopped. */
function watchCollector(): { stop(): number } {
  let microseconds = 0;
  const add = (pauses: readonly PerformanceEntry[]): void => {
    for (const pause of pauses) {
      const { duration, detail } = pause as PerformanceEntry & { readonly detail: NodeGCPerformanceDetail };
      // Those that the measurement asks for itself are no part of it.
      if (detail.flags !== constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) microseconds += duration * 1000;
    }
  };
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return {
    stop() {
      add(observer.takeRecords());
      observer.disconnect();
      return microseconds;
    },
  };
}

process.on('message', (crowd: Crowd) => {
  void run(crowd).then((cost) => process.send?.(cost));
});
