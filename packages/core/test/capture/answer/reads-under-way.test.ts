import { describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import type { UsageRecord } from '../../../src/index.ts';
import { chatAnswer } from '../../../src/testing/index.ts';
import type { ProviderAnswer } from '../../../src/testing/index.ts';
import { readAll } from '../../read-all.ts';
import { hiAsked, hiStream, startProvider } from '../../testing/fake-provider-fixture.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

interface Opened {
  readonly reader: Reader;
  readonly host: AbortController;
  records(): Promise<UsageRecord[]>;
}

interface Answered extends Omit<Opened, 'reader'> {
  readonly body: ReadableStream<Uint8Array>;
}

async function opened(answer: ProviderAnswer, body: object, isMetered = true): Promise<Opened> {
  const { body: stream, ...rest } = await answered(answer, body, isMetered);
  return { ...rest, reader: stream.getReader() };
}

async function answered(answer: ProviderAnswer, body: object, isMetered: boolean): Promise<Answered> {
  const provider = await startProvider({ answers: [answer] });
  const store = memoryStore();
  const meter = createMeter({ store });
  const host = new AbortController();
  const send = isMetered ? meter.fetch() : fetch;
  const url = `${provider.baseURL}/chat/completions`;
  const response = await send(url, { method: 'POST', body: JSON.stringify(body), signal: host.signal });
  return {
    body: response.body as ReadableStream<Uint8Array>,
    host,
    async records() {
      await meter.flush();
      return readAll(store.records({}));
    },
  };
}

const tokens = ['Rhine ', 'Rhone ', 'Po ', 'Elbe '];
/** Behind the role, the tokens and the finish reason the usage comes later. */
const slow = chatAnswer({ tokens, stall: { afterEvents: tokens.length + 2, forMs: 150 } });

async function readUntilFinished(reader: Reader): Promise<void> {
  let text = '';
  while (!text.includes('"finish_reason":"stop"')) text += new TextDecoder().decode((await reader.read()).value);
}

describe.each([
  ['asked by the app', hiAsked],
  ['asked and hidden', hiStream],
])('reads under way of a stream, its usage %s', (_name, body) => {
  it('are answered in the order they were asked in', async () => {
    const { reader } = await opened(chatAnswer({ tokens, delayMs: 10 }), body);
    const asked = [reader.read(), reader.read(), reader.read()];
    await asked[0];
    asked.push(reader.read(), reader.read());
    const text = (await Promise.all(asked)).map(({ value }) => new TextDecoder().decode(value)).join('');
    expect([...text.matchAll(/"content":"(\w+)/g)].map(([, word]) => word)).toEqual(['Rhine', 'Rhone', 'Po', 'Elbe']);
  });

  it.for([true, false])('fail with the reason of an abort, as `closed` does (metered: %s)', async (isMetered) => {
    const { reader, host } = await opened(slow, body, isMetered);
    await readUntilFinished(reader);
    const [read, next, closed] = [reader.read(), reader.read(), reader.closed];
    const reason = new RangeError('enough');
    setTimeout(() => host.abort(reason), 10);
    const settled = await Promise.allSettled([read, next, closed, closed.then(() => reader.read())]);
    expect(settled.map((one) => (one.status === 'rejected' ? one.reason : one))).toEqual([
      reason,
      reason,
      reason,
      reason,
    ]);
  });

  it.for([true, false])('are not needed for `closed` to fail at once (metered: %s)', async (isMetered) => {
    const { reader, host } = await opened(slow, body, isMetered);
    await readUntilFinished(reader);
    const { closed } = reader;
    expect(reader.closed).toBe(closed);
    host.abort(new RangeError('enough'));
    const later = new Promise((resolve) => {
      setTimeout(resolve, 75);
    });
    await expect(Promise.race([closed, later])).rejects.toThrow('enough');
    await expect(reader.closed).rejects.toThrow('enough');
  });

  it('leave what they would have given to the read for the usage', async () => {
    const { reader, host, records } = await opened(slow, body);
    await readUntilFinished(reader);
    const read = reader.read();
    setTimeout(() => host.abort(), 10);
    await expect(read).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    await expect.poll(records).toMatchObject([{ outcome: 'stopped', origin: 'drained' }]);
  });

  it.for([true, false])('end where the host cancels (metered: %s)', async (isMetered) => {
    const { reader, records } = await opened(slow, body, isMetered);
    await readUntilFinished(reader);
    const [read, closed] = [reader.read(), reader.closed];
    await reader.cancel();
    expect(await Promise.all([read, closed])).toEqual([{ done: true, value: undefined }, undefined]);
    if (isMetered) await expect.poll(records).toMatchObject([{ outcome: 'stopped', origin: 'drained' }]);
  });
});

/** What a host may do with reads under way, in a stream whose events are a moment apart. */
const ways: readonly (readonly [
  name: string,
  way: (body: ReadableStream<Uint8Array>) => readonly unknown[] | Promise<unknown[]>,
])[] = [
  [
    'a reader that is released within reads leaves their bytes to the next one',
    async (body) => {
      const reader = body.getReader();
      const left = [reader.read(), reader.read(), reader.closed];
      reader.releaseLock();
      await Promise.allSettled(left);
      const next = body.getReader();
      return [...left, await next.read(), await next.read(), next.cancel(), next.closed];
    },
  ],
  [
    'a reader that is cancelled within reads ends them',
    (body) => {
      const reader = body.getReader();
      return [reader.read(), reader.read(), reader.cancel(), reader.read(), reader.closed];
    },
  ],
  [
    'an iterator returns behind the reads that were asked for before',
    async (body) => {
      const iterator = body[Symbol.asyncIterator]();
      const asked = [iterator.next(), iterator.next(), iterator.return?.(), iterator.next()];
      await asked.at(-1);
      return [...asked, iterator.next(), iterator.return?.(), body.locked];
    },
  ],
  [
    'an iterator gives its reader back at once',
    (body) => {
      const iterator = body[Symbol.asyncIterator]();
      const returned = iterator.return?.();
      return [body.locked, returned, iterator.next()];
    },
  ],
];
const broken = chatAnswer({ tokens, delayMs: 5, cut: { afterEvents: 2 } });
const breaking: typeof ways = [
  [
    'a reader says each time that the body broke',
    async (body) => {
      const reader = body.getReader();
      const reads = [reader.read(), reader.read(), reader.read(), reader.read(), reader.read()];
      await Promise.allSettled(reads);
      return [...reads, reader.read(), reader.cancel(), reader.read(), reader.closed];
    },
  ],
  [
    'an iterator says it once',
    async (body) => {
      const iterator = body[Symbol.asyncIterator]();
      const reads = Array.from({ length: 6 }, () => iterator.next());
      await Promise.allSettled(reads);
      const again = body[Symbol.asyncIterator]();
      return [...reads, iterator.next(), iterator.return?.(), again.next(), again.next()];
    },
  ],
];

it.for([
  ...ways.map((way) => [...way, chatAnswer({ tokens, delayMs: 5 })] as const),
  ...breaking.map((way) => [...way, broken] as const),
])('%s, as without the meter', async ([, way, answer]) => {
  const seen = await Promise.all(
    [true, false].map(async (isMetered) => {
      const { body } = await answered(answer, hiStream, isMetered);
      const settled = await Promise.allSettled(await way(body));
      return settled.map((one) => (one.status === 'rejected' ? nameOf(one.reason) : shown(one.value)));
    }),
  );
  expect(seen[0]).toEqual(seen[1]);
});

it('a read that is released while what it got is to be hidden is refused, and the next one goes on behind that', async () => {
  const events = ['[],"usage":{"prompt_tokens":3,"total_tokens":5}', '[{"index":0,"delta":{"content":"Rhine"}}]'];
  const meter = createMeter({ store: memoryStore() });
  const queued = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const event of events) controller.enqueue(new TextEncoder().encode(`data: {"choices":${event}}\n\n`));
    },
  });
  const send = meter.fetch(() => Promise.resolve(new Response(queued)));
  const { body } = await send('http://localhost/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(hiStream),
  });
  const reader = body?.getReader();
  const read = reader?.read();
  reader?.releaseLock();
  await expect(read).rejects.toThrow(TypeError);
  const next = await body?.getReader().read();
  expect(new TextDecoder().decode(next?.value)).toContain('Rhine');
  await meter.close();
});

function nameOf(error: unknown): unknown {
  return error instanceof Error ? [error.name, (error as { code?: string }).code] : error;
}

function shown(value: unknown): unknown {
  const { done, value: bytes } = (value ?? {}) as { readonly done?: boolean; readonly value?: Uint8Array };
  return bytes === undefined
    ? [done, value]
    : [done, new TextDecoder().decode(bytes).replaceAll(/"id":"[\w-]*"|"created":\d+/g, '')];
}
