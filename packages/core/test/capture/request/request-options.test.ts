import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import { hi, hiStream, startProvider } from '../../testing/fake-provider-fixture.ts';

class Options {
  readonly method = 'POST';
  readonly #body: object;
  constructor(body: object) {
    this.#body = body;
  }
  get body(): string {
    return JSON.stringify(this.#body);
  }
  get headers(): Headers {
    return new Headers({ 'x-app': 'mine' });
  }
}

type Parts = Parameters<typeof fetch>;

const ways: readonly (readonly [what: string, parts: (url: string, body: object, headers: object) => Parts])[] = [
  ['getters of a class', (url, body) => [url, new Options(body)]],
  [
    'a prototype',
    (url, body, headers) => [
      url,
      Object.create({ method: 'POST', body: JSON.stringify(body), headers }) as RequestInit,
    ],
  ],
  [
    'a Request',
    (url, body, headers) => {
      const request = { method: 'POST', body: JSON.stringify(body), headers: { ...headers } };
      return [url, new Request('http://other.test', request)];
    },
  ],
  [
    'null, behind a Request',
    (url, body, headers) => {
      const request = { method: 'POST', body: JSON.stringify(body), headers: { ...headers } };
      return [new Request(url, request), null as never];
    },
  ],
];

it.for(ways.flatMap((way) => [hi, hiStream].map((body) => [...way, body] as const)))(
  'options by way of $0 reach the provider as they are, and make a record',
  async ([, partsOf, body]) => {
    const provider = await startProvider();
    const store = memoryStore();
    const errors: unknown[] = [];
    const meter = createMeter({ store, onError: (error) => void errors.push(error) });
    const url = `${provider.baseURL}/chat/completions`;
    const turn = meter.track({ userId: 'u1' });
    for (const [send, headers] of [
      [fetch, { 'x-app': 'mine' }],
      [meter.fetch(), { 'x-app': 'mine' }],
      [meter.fetch(), { 'x-app': 'mine', ...turn.options.headers }],
    ] as const)
      await (await send(...partsOf(url, body, headers))).text();
    const [bare, ...metered] = provider.requests.map((request) => ({
      method: request.method,
      body: { ...(request.body as object), stream_options: undefined },
      headers: { ...request.headers, 'content-length': '' },
    }));
    expect(metered).toEqual([bare, bare]);
    await meter.flush();
    expect(errors).toEqual([]);
    expect((await store.totals({})).calls).toBe(2);
    await meter.close();
  },
);
