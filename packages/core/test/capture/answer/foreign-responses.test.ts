import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import { recordedAnswer } from '../../../src/testing/index.ts';
import { hiAsked, hiStream, startProvider } from '../../testing/fake-provider-fixture.ts';

const seen = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n';
const body = seen.replace('data: [', 'data: {"choices":[],"usage":{"prompt_tokens":3,"total_tokens":5}}\n\ndata: [');

/** A response in plain JavaScript, as happy-dom has it: reads its own body, and notes that down. */
class NotingResponse {
  bodyUsed = false;
  readonly ok = true;
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  constructor(response: Response) {
    this.status = response.status;
    this.headers = response.headers;
    this.body = response.body;
  }
  async text(): Promise<string> {
    if (this.bodyUsed) throw new TypeError('Body has already been used');
    this.bodyUsed = true;
    const parts: Uint8Array[] = [];
    for await (const part of this.body ?? []) parts.push(part);
    return Buffer.concat(parts).toString();
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

/** What a wrapper of the app's makes of a response, to look at what is called on it. */
function behindProxy(response: Response): Response {
  return new Proxy(response, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const kinds: readonly (readonly [what: string, make: (response: Response) => Response])[] = [
  ['a response in plain JavaScript', (response) => new NotingResponse(response) as unknown as Response],
  ['a response behind a proxy', behindProxy],
];
const readings: readonly (readonly [how: string, read: (response: Response) => Promise<unknown>])[] = [
  ['text', (response) => response.text()],
  [
    'body',
    async (response) => {
      const parts = [];
      for await (const part of response.body ?? []) parts.push(part);
      return Buffer.concat(parts).toString();
    },
  ],
];

it.for(kinds.flatMap((kind) => readings.map((reading) => [...kind, ...reading] as const)))(
  '$0 shows by its $2 what it shows when bare, and is recorded',
  async ([, make, , read]) => {
    const provider = await startProvider({ answers: [recordedAnswer({ body })] });
    const store = memoryStore();
    const meter = createMeter({ store });
    const send = meter.fetch(async (input, init) => make(await fetch(input, init)));
    const request = { method: 'POST', body: JSON.stringify(hiStream) };
    const response = await send(`${provider.baseURL}/chat/completions`, request);
    expect(response.bodyUsed).toBe(false);
    expect(await read(response)).toBe(seen);
    await meter.flush();
    expect((await store.totals({})).tokens.totalTokens).toBe(5);
    await meter.close();
  },
);

it('a response in plain JavaScript gives its JSON, and refuses to give it twice', async () => {
  const meter = createMeter({ store: memoryStore() });
  const send = meter.fetch(() =>
    Promise.resolve(new NotingResponse(Response.json({ usage: { prompt_tokens: 1 } })) as unknown as Response),
  );
  const response = await send('http://localhost/v1/embeddings', { method: 'POST', body: '{}' });
  expect(await response.json()).toEqual({ usage: { prompt_tokens: 1 } });
  expect(response.bodyUsed).toBe(true);
  await expect(response.text()).rejects.toThrow(TypeError);
  await meter.close();
});

it.for([
  ['piped', async (response: Response) => new Response(response.body?.pipeThrough(new TransformStream())).text()],
  ['cloned', async (response: Response) => response.clone().text()],
] as const)('a stream that has a read of nothing is read to its end where it is %s', async ([, read]) => {
  const meter = createMeter({ store: memoryStore() });
  const parts = [body.slice(0, 9), '', body.slice(9)].map((part) => new TextEncoder().encode(part));
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });
  const send = meter.fetch(() => Promise.resolve(new Response(stream)));
  const request = { method: 'POST', body: JSON.stringify(hiStream) };
  expect(await read(await send('http://localhost/v1/chat/completions', request))).toBe(seen);
  await meter.close();
});

const frozen = ['response', 'body', 'response with its body'] as const;
it.for(frozen.flatMap((what) => readings.map((reading) => [what, ...reading] as const)))(
  'a frozen $0 shows by its $1 what it shows when bare, and is recorded',
  async ([what, , read]) => {
    const provider = await startProvider({ answers: [recordedAnswer({ body }), recordedAnswer({ body })] });
    const store = memoryStore();
    const meter = createMeter({ store });
    let inner: Response | undefined;
    const send = meter.fetch(async (input, init) => {
      inner = await fetch(input, init);
      if (what !== 'response') Object.freeze(inner.body);
      return what === 'body' ? inner : Object.freeze(inner);
    });
    const url = `${provider.baseURL}/chat/completions`;
    for (const [request, shown] of [
      [hiStream, seen],
      [hiAsked, body],
    ] as const) {
      const response = await send(url, { method: 'POST', body: JSON.stringify(request) });
      expect([response instanceof Response, response.url, response.status]).toEqual([true, url, 200]);
      expect(response.headers).toBe(inner?.headers);
      expect(await read(response)).toBe(shown);
    }
    await meter.flush();
    expect((await store.totals({})).tokens.totalTokens).toBe(10);
    await meter.close();
  },
);

it('a frozen response that cannot be followed shows our usage once, for it is not asked for again', async () => {
  const sent: unknown[] = [];
  const errors: unknown[] = [];
  const meter = createMeter({ store: memoryStore(), onError: (error) => void errors.push(error) });
  const send = meter.fetch(async (_input, init) => {
    sent.push(JSON.parse(init?.body as string));
    const headers = new Headers({ 'content-type': 'text/event-stream' });
    return Object.freeze({ ok: true, status: 200, headers, body: Readable.from([body]) }) as unknown as Response;
  });
  const request = { method: 'POST', body: JSON.stringify(hiStream) };
  await send('http://localhost/v1/chat/completions', request);
  await send('http://localhost/v1/chat/completions', request);
  expect(sent).toEqual([{ ...hiStream, stream_options: { include_usage: true } }, hiStream]);
  expect(errors.length).toBeGreaterThan(0);
  await meter.close();
});
