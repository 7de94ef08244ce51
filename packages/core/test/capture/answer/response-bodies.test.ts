import { Duplex, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import { startProvider } from '../../testing/fake-provider-fixture.ts';

const clock = (): Date => new Date('2026-11-22T10:00:00Z');
const messages = [{ role: 'user', content: 'Name three rivers' }];

/** Every way a host may come upon the body of an answer, and what it sees there. */
const ways: readonly (readonly [name: string, way: (response: Response) => unknown])[] = [
  ['text', (response) => response.text()],
  ['arrayBuffer', async (response) => decoded(await response.arrayBuffer())],
  ['bytes', async (response) => decoded(await response.bytes())],
  ['blob', async (response) => (await response.blob()).text()],
  ['an iterator', ({ body }) => collected(body)],
  [
    'an iterator that is disposed of',
    async ({ body }) => {
      const iterator = body?.values() as AsyncIterableIterator<Uint8Array> & Partial<AsyncDisposable>;
      const dispose = iterator[Symbol.asyncDispose];
      return [
        typeof dispose,
        iterator[Symbol.asyncIterator]() === iterator,
        await dispose?.call(iterator),
        body?.locked,
      ];
    },
  ],
  [
    'finished of node:stream, behind an iterator',
    async ({ body }) => {
      const over = finished(body as never);
      return [await collected(body), await over];
    },
  ],
  [
    'finished of node:stream, behind a cancel',
    async ({ body }) => {
      const over = finished(body as never);
      await body?.cancel();
      return [await over];
    },
  ],
  ['Readable.fromWeb', ({ body }) => collected(Readable.fromWeb(body as never))],
  [
    'a reader, to its end and its release',
    async ({ body }) => {
      const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
      const kind = [reader instanceof ReadableStreamDefaultReader, Object.prototype.toString.call(reader)];
      const text = await readOut(reader);
      const end = await reader.closed;
      reader.releaseLock();
      return [kind, text, end, body?.locked];
    },
  ],
  [
    'a reader that is read by the method of its prototype, to its end and its release',
    async ({ body }) => {
      const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
      const text = await readOut(nativeReads(reader));
      const end = await reader.closed;
      reader.releaseLock();
      return [text, end, body?.locked, await errorOf(() => nativeReads(reader).read())];
    },
  ],
  [
    'a reader that is read by its own method first, and left by one who knows no more than its prototype',
    async ({ body }) => {
      const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
      const { done } = await reader.read();
      await nativeReads(reader).read();
      await reader.cancel();
      reader.releaseLock();
      return [done, body?.locked, await collected(body)];
    },
  ],
  [
    'Duplex.fromWeb',
    ({ body }) => collected(Duplex.fromWeb({ readable: body, writable: new WritableStream() } as never)),
  ],
  ['a BYOB reader', async ({ body }) => readOut(body?.getReader({ mode: 'byob' }) as never)],
  ['a reader of an unknown kind', ({ body }) => body?.getReader({ mode: 'x' } as never)],
  [
    'a released reader: read',
    ({ body }) => {
      const reader = body?.getReader();
      reader?.releaseLock();
      return reader?.read();
    },
  ],
  [
    'a released reader: closed',
    ({ body }) => {
      const reader = body?.getReader();
      reader?.releaseLock();
      return reader?.closed;
    },
  ],
  [
    'a released reader: cancel',
    ({ body }) => {
      const reader = body?.getReader();
      reader?.releaseLock();
      return reader?.cancel();
    },
  ],
  [
    'a clone, read first',
    async (response) => {
      const copy = response.clone();
      const text = await copy.text();
      return [text, copy.bodyUsed, response.bodyUsed, await response.text(), response.bodyUsed];
    },
  ],
  [
    'a clone, read after the answer',
    async (response) => {
      const copy = response.clone();
      return [await response.text(), response.bodyUsed, copy.bodyUsed, await copy.text()];
    },
  ],
  [
    'a clone of a clone',
    async (response) => {
      const copy = response.clone().clone();
      return [await response.text(), await copy.text()];
    },
  ],
  ['both halves of a tee', async ({ body }) => Promise.all((body?.tee() ?? []).map(collected))],
  ['text twice', async (response) => [await response.text(), await errorOf(() => response.text())]],
  ['text, then bytes', async (response) => [await response.text(), await errorOf(() => response.bytes())]],
  ['text, then a clone', async (response) => [await response.text(), await errorOf(() => response.clone())]],
  [
    'text, then a reader',
    async (response) => [await response.text(), await errorOf(async () => response.body?.getReader().read())],
  ],
  [
    'text after part of it was read',
    async (response) => {
      const reader = response.body?.getReader();
      await reader?.read();
      reader?.releaseLock();
      return response.text();
    },
  ],
  ...(['text', 'clone'] as const).map((how) => locked(how, (response) => response[how]())),
  locked('getReader', ({ body }) => body?.getReader()),
  locked('values', ({ body }) => collected(body)),
  locked('tee', ({ body }) => body?.tee()),
  locked('pipeTo', ({ body }) => body?.pipeTo(new WritableStream())),
  locked('cancel', ({ body }) => body?.cancel()),
  [
    'cancel, then text',
    async (response) => [await response.body?.cancel(), response.bodyUsed, await errorOf(() => response.text())],
  ],
  ['its members', (response) => membersOf(response)],
  ['the members of its body', ({ body }) => membersOf(body as object)],
];

describe.each([
  ['a stream whose usage is hidden', true],
  ['a plain answer', false],
])('%s is read as a bare one by', (_kind, stream) => {
  it.for(ways)('%s', async ([, way]) => {
    const provider = await startProvider({ clock });
    const meter = createMeter({ store: memoryStore() });
    const seenThrough = async (send: typeof fetch): Promise<unknown> => {
      const body = JSON.stringify({ model: 'm', messages, stream });
      const response = await send(`${provider.baseURL}/chat/completions`, { method: 'POST', body });
      const seen = await errorOf(() => way(response));
      await response.body?.cancel().catch(() => undefined);
      return seen;
    };
    expect(stable(await seenThrough(meter.fetch()))).toEqual(stable(await seenThrough(fetch)));
    expect(provider.requests[0]?.body).toMatchObject(stream ? { stream_options: { include_usage: true } } : {});
    await meter.close();
  });
});

function locked(how: string, way: (response: Response) => unknown): readonly [string, (response: Response) => unknown] {
  return [
    `${how}, while a reader has it`,
    (response) => {
      response.body?.getReader();
      return way(response);
    },
  ];
}

/** What comes of it: its value, or the error it ends with. */
async function errorOf(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    const { name, message, code } = error as Error & { readonly code?: string };
    return { name, message, code };
  }
}

/** Past what the reader itself answers with, as the runtime's own code does it. */
function nativeReads(reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStreamDefaultReader<Uint8Array> {
  const { read } = ReadableStreamDefaultReader.prototype;
  return { read: () => read.call(reader) } as ReadableStreamDefaultReader<Uint8Array>;
}

async function readOut(reader: ReadableStreamDefaultReader<Uint8Array> | ReadableStreamBYOBReader): Promise<string> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(64) as never);
    if (done) return decoded(Buffer.concat(parts));
    parts.push(value);
  }
}

async function collected(body: AsyncIterable<Uint8Array> | null | undefined): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body ?? []) parts.push(part);
  return decoded(Buffer.concat(parts));
}

function decoded(bytes: ArrayBuffer | Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** As `for … in` lists them. */
function membersOf(object: object): string[] {
  const names = [];
  for (const name in object) names.push(name);
  return names.toSorted();
}

/** Ids of answers differ from call to call. */
function stable(seen: unknown): unknown {
  return typeof seen === 'object' || typeof seen === 'string'
    ? JSON.parse(JSON.stringify(seen).replaceAll(/chatcmpl-\w+/g, 'chatcmpl-0'))
    : seen;
}
