import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMeter, memoryStore } from '@kilotoken/core';
import { chatAnswer, fakeProvider } from '@kilotoken/core/testing';
import { describe, expect, it } from 'vitest';
import { chatEvent, countedSource } from './counted-source.ts';
import { chatStream } from './host.ts';
import { loadSdk, newestAliases } from './sdk-under-test.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const url = 'https://api.example.com/v1/chat/completions';
const init = { method: 'POST', body: JSON.stringify(chatStream) };
const asking = { ...init, body: JSON.stringify({ ...chatStream, stream_options: { include_usage: true } }) };
const ways = [
  ['observed', asking],
  ['hidden', init],
] as const;

function meteredFetch(base: typeof fetch): { readonly fetch: typeof fetch; close(): Promise<unknown> } {
  const meter = createMeter({ store: memoryStore() });
  return { fetch: meter.fetch(base), close: () => meter.close() };
}

/** Lets everything happen that can happen without the host. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe.for(ways)('a stream that is %s', ([, request]) => {
  it('reads the source once per read of the host, and never ahead', async () => {
    const source = countedSource((index) => chatEvent(`word ${index} `));
    const { fetch, close } = meteredFetch(source.fetch);
    const response = await fetch(url, request);
    await settle();
    expect(source.pulls).toBe(0);
    const reader = response.body?.getReader();
    for (let count = 1; count <= 40; count += 1) {
      await reader?.read();
      await settle();
      expect(source.pulls).toBe(count);
    }
    await reader?.cancel();
    await close();
  });

  it('is let go within one read where the host breaks off: cancelled once, unlocked, and not read again', async () => {
    const source = countedSource((index) => chatEvent(`word ${index} `));
    const { fetch, close } = meteredFetch(source.fetch);
    const response = await fetch(url, request);
    let seen = 0;
    for await (const _ of response.body ?? []) if ((seen += 1) === 5) break;
    await settle();
    expect({ pulls: source.pulls, cancels: source.cancels.length, locked: source.response?.body?.locked }).toEqual({
      pulls: 5,
      cancels: 1,
      locked: false,
    });
    await close();
  });

  it('takes the same memory after 16,000 events as after 1,000', async () => {
    const eventsPerRead = 10;
    const event = chatEvent('some text of a usual length ');
    const part = new Uint8Array(Buffer.concat(Array.from({ length: eventsPerRead }, () => event)));
    const source = countedSource(() => part);
    const { fetch, close } = meteredFetch(source.fetch);
    const readers = await Promise.all(
      Array.from({ length: 60 }, async () => (await fetch(url, request)).body?.getReader()),
    );
    const bytesAfter = async (events: number): Promise<number> => {
      for (const reader of readers) for (let count = 0; count < events; count += eventsPerRead) await reader?.read();
      await settle();
      collectGarbage();
      collectGarbage();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const early = await bytesAfter(1000);
    const late = await bytesAfter(15_000);
    // One number kept per event would be 120,000 bytes.
    expect((late - early) / readers.length).toBeLessThan(4096);
    for (const reader of readers) await reader?.cancel();
    await close();
  });

  it('holds nothing of its prompt while it is open', async () => {
    const source = countedSource(() => chatEvent('a word '));
    const { fetch, close } = meteredFetch(source.fetch);
    const parsed = JSON.parse(request.body) as object;
    const open = async (): Promise<ReadableStreamDefaultReader<Uint8Array> | undefined> => {
      // Not one of which is a piece of another.
      const content = Buffer.alloc(1024 * 1024, `${Math.random()} `).toString('latin1');
      const body = JSON.stringify({ ...parsed, messages: [{ role: 'user', content }] });
      const reader = (await fetch(url, { method: 'POST', body })).body?.getReader();
      await reader?.read();
      return reader;
    };
    const bytesUsed = async (): Promise<number> => {
      await settle();
      collectGarbage();
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const readers = [await open()];
    const before = await bytesUsed();
    for (let count = 0; count < 10; count += 1) readers.push(await open());
    expect((await bytesUsed()) - before).toBeLessThan(4 * 1024 * 1024);
    for (const reader of readers) await reader?.cancel();
    await close();
  });

  it('takes an event of 28 MiB in time that grows with its length, and hands on every byte', async () => {
    const part = new TextEncoder().encode('x'.repeat(65_536));
    const cpuFor = async (parts: number): Promise<number> => {
      const source = countedSource((index) => {
        if (index === 0) return new TextEncoder().encode('data: {"choices":[{"index":0,"delta":{"content":"');
        if (index <= parts) return part;
        return index === parts + 1 ? new TextEncoder().encode('"}}]}\n\n') : undefined;
      });
      const { fetch, close } = meteredFetch(source.fetch);
      const before = process.cpuUsage();
      let bytes = 0;
      for await (const chunk of (await fetch(url, request)).body ?? []) bytes += chunk.length;
      const { user, system } = process.cpuUsage(before);
      expect(bytes).toBe(49 + parts * 65_536 + 7);
      await close();
      return user + system;
    };
    const least = async (parts: number): Promise<number> =>
      Math.min(await cpuFor(parts), await cpuFor(parts), await cpuFor(parts));
    const [quarter, whole] = [await least(112), await least(448)];
    // Four times the length: 16 times the work if it were joined at every read.
    expect(whole / Math.max(quarter, 30_000)).toBeLessThan(9);
  });
});

it.for(newestAliases)('%s leaves the provider waiting while the host pauses', async (alias) => {
  const big = 'x'.repeat(256 * 1024);
  const sent: number[] = [];
  // The bare client first: it shows that the provider can be kept waiting at all.
  for (const isMetered of [false, true]) {
    await using provider = await fakeProvider({
      answers: [chatAnswer({ tokens: Array.from({ length: 200 }, () => big) })],
    });
    const { sdk } = await loadSdk(alias, 'esm');
    const client = new sdk.OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 });
    const meter = createMeter({ store: memoryStore() });
    const openai = isMetered ? meter.wrap(client) : client;
    const stream = await openai.chat.completions.create(chatStream);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const request = await provider.request(1);
    let last = -1;
    // What the operating system holds is written at once; then nothing moves any more.
    for (let still = 0; still < 20; still = request.eventsSent === last ? still + 1 : 0) {
      last = request.eventsSent;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    sent.push(request.eventsSent);
    stream.controller.abort();
    await request.finished;
    await meter.close();
  }
  // How much the operating system holds differs from run to run; whoever reads ahead takes all 200.
  for (const events of sent) expect(events).toBeLessThan(100);
});
