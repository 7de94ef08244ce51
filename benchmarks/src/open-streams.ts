// What does a metered stream hold while it is open, by kind of object? What so many more streams that are read in part
// add to the heap, over what they add with the bare client.
// Run from the root: npm run bench -- --only open-streams
import { spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { getHeapSnapshot } from 'node:v8';
import OpenAI from 'openai';
import { createMeter, memoryStore } from '@kilotoken/core';
import { stubFetch } from './hot-path/wire.ts';
import { reportTable } from './runner/results.ts';
import type { Row } from './runner/results.ts';

/** Opened first: what is there once, code above all, is no stream's. */
const warmStreams = 200;
const streams = 400;
const eventsRead = 100;

/** Sums by kind of object. */
type Held = Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;

const [, , client, usage] = process.argv;
if (client === undefined) {
  for (const [title, asks] of [
    ['An open stream, the app asks', 'asks'],
    ['An open stream, asked and hidden', 'does not ask'],
  ] as const) {
    reportTable(title, perStream(difference(measure('bare', asks), measure('metered', asks))));
  }
} else {
  const open = opener(client === 'metered', usage === 'asks');
  const first = await open(warmStreams);
  const before = await held();
  const second = await open(streams);
  process.stdout.write(JSON.stringify(difference(before, await held())));
  // Until here nothing of them may be collected.
  await Promise.all([...first, ...second].map(async (iterator) => iterator.return?.()));
}

/** In a process of its own: what one client leaves in the heap is nothing to the next. */
function measure(...way: readonly [client: 'bare' | 'metered', usage: string]): Held {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, ...way], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Held;
}

function opener(isMetered: boolean, isAsked: boolean): (count: number) => Promise<AsyncIterator<unknown>[]> {
  const bare = new OpenAI({ apiKey: 'test', maxRetries: 0, fetch: stubFetch(1000) });
  const openai = isMetered ? createMeter({ store: memoryStore() }).wrap(bare) : bare;
  const messages = [{ role: 'user' as const, content: 'Name three rivers' }];
  const asking = isAsked ? { stream_options: { include_usage: true } } : {};
  return (count) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const stream = await openai.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true, ...asking });
        const iterator = stream[Symbol.asyncIterator]();
        // oxlint-disable-next-line no-await-in-loop -- one reader reads in order
        for (let read = 0; read < eventsRead; read += 1) await iterator.next();
        return iterator;
      }),
    );
}

interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly (readonly string[])[] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Objects of the heap by kind, and by name where they have one. */
async function held(): Promise<Held> {
  const { snapshot, nodes, strings } = JSON.parse(await text(getHeapSnapshot())) as HeapSnapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, nameAt, sizeAt] = [fields.indexOf('type'), fields.indexOf('name'), fields.indexOf('self_size')];
  const sums: Record<string, { count: number; bytes: number }> = {};
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = types[typeAt]?.[nodes[at + typeAt] ?? -1] ?? '';
    const isNamed = kind === 'object' || kind === 'native';
    const sum = (sums[(isNamed && strings[nodes[at + nameAt] ?? -1]) || kind] ??= { count: 0, bytes: 0 });
    sum.count += 1;
    sum.bytes += nodes[at + sizeAt] ?? 0;
  }
  return sums;
}

/** How much more the second holds than the first. */
function difference(first: Held, second: Held): Held {
  const none = { count: 0, bytes: 0 };
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  return Object.fromEntries(
    names.map((name) => {
      const [one, other] = [first[name] ?? none, second[name] ?? none];
      return [name, { count: other.count - one.count, bytes: other.bytes - one.bytes }];
    }),
  );
}

function perStream(all: Held): Row[] {
  const rows = Object.entries(all).map(([of, { count, bytes }]) => ({
    of,
    objects: count / streams,
    bytes: bytes / streams,
  }));
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  const objects = rows.reduce((sum, row) => sum + row.objects, 0);
  return [
    ...rows.filter((row) => row.bytes >= 40).toSorted((one, other) => other.bytes - one.bytes),
    { of: 'all of it', objects, bytes },
  ];
}
