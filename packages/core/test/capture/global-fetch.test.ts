import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import { hi, startProvider } from '../testing/fake-provider-fixture.ts';

const native = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = native;
  delete process.env['KILOTOKEN_DISABLED'];
});

let store = memoryStore();
let meter = createMeter({ store });
beforeEach(() => {
  store = memoryStore();
  meter = createMeter({ store });
});

/** One call by `send`, or by the global fetch of the moment. */
async function call(send?: typeof fetch): Promise<unknown> {
  const provider = await startProvider();
  const url = `${provider.baseURL}/chat/completions`;
  const answer = await (send ?? globalThis.fetch)(url, { method: 'POST', body: JSON.stringify(hi) });
  await answer.json();
  await meter.flush();
  return { requests: provider.requests.length, records: (await store.totals({})).calls };
}

const stub = (): Promise<Response> => Promise.resolve(Response.json({ usage: { prompt_tokens: 1 } }));

it('meter.fetch() is over the global fetch of the moment of the call', async () => {
  const send = meter.fetch();
  expect(await call(send)).toEqual({ requests: 1, records: 1 });
  globalThis.fetch = stub;
  expect(await call(send)).toEqual({ requests: 0, records: 2 });
  globalThis.fetch = native;
  expect(await call(send)).toEqual({ requests: 1, records: 3 });
});

it('meter.fetch() of a disabled meter is so too, and a base that is given stays the base', async () => {
  const send = meter.fetch(native);
  process.env['KILOTOKEN_DISABLED'] = '1';
  const disabled = meter.fetch();
  globalThis.fetch = stub;
  expect(await call(disabled)).toEqual({ requests: 0, records: 0 });
  expect(await call(send)).toEqual({ requests: 1, records: 1 });
});

it('meter.fetch() may be the global fetch itself', async () => {
  globalThis.fetch = meter.fetch();
  expect(await call()).toEqual({ requests: 1, records: 1 });
  expect(await call(createMeter({ store }).fetch())).toEqual({ requests: 1, records: 2 });
});

const builtOn: readonly (readonly [what: string, build: (metered: typeof fetch) => typeof fetch])[] = [
  ['calls it at once', (metered) => (input, init) => metered(input, init)],
  ['calls it later', (metered) => (input, init) => Promise.resolve().then(() => metered(input, init))],
  // What a request carries besides what it sends is lost.
  [
    'sends a request of its own',
    (metered) => (input, init) => Promise.resolve(new Request(input, init)).then((own) => metered(own)),
  ],
];

it.for(builtOn)(
  'a global fetch that is built on meter.fetch() and %s is one request and one record',
  async ([, build]) => {
    let entered = 0;
    const built = build(meter.fetch());
    globalThis.fetch = (input, init) => {
      entered += 1;
      return built(input, init);
    };
    expect(await call()).toEqual({ requests: 1, records: 1 });
    entered = 0;
    expect(await call()).toEqual({ requests: 1, records: 2 });
    expect(entered).toBe(1);
  },
);

it.for(builtOn)('the same on top of meter.fetch() as the global fetch: it %s', async ([, build]) => {
  globalThis.fetch = meter.fetch();
  globalThis.fetch = build(globalThis.fetch);
  expect(await call()).toEqual({ requests: 1, records: 1 });
  process.env['KILOTOKEN_DISABLED'] = '1';
  globalThis.fetch = native;
  globalThis.fetch = build(meter.fetch());
  expect(await call()).toEqual({ requests: 1, records: 1 });
});

it('a spy over meter.fetch() as the global fetch is called once for each call', async () => {
  globalThis.fetch = meter.fetch();
  await Promise.resolve();
  const spy = vi.spyOn(globalThis, 'fetch');
  expect(await call()).toEqual({ requests: 1, records: 1 });
  expect(spy).toHaveBeenCalledTimes(1);
  spy.mockRestore();
});

it('a global fetch that is built on another meter.fetch() makes no second record', async () => {
  const send = meter.fetch();
  const other = meter.fetch();
  globalThis.fetch = (input, init) => Promise.resolve(new Request(input, init)).then((own) => other(own));
  expect(await call(send)).toEqual({ requests: 1, records: 1 });
});

it('a call that is made by an event of a connection, which the global fetch opened for another, is metered', async () => {
  const send = meter.fetch();
  let connection: AsyncResource | undefined;
  globalThis.fetch = (input, init) => {
    connection ??= new AsyncResource('CONNECTION');
    return native(input, init);
  };
  expect(await call(send)).toEqual({ requests: 1, records: 1 });
  expect(await connection?.runInAsyncScope(() => call(send))).toEqual({ requests: 1, records: 2 });
});

// On Node 22 it makes every await of the process dearer for as long as it is in use.
it('the async context of calls that the global fetch has got is out of use where none waits for its answer', async () => {
  const send = meter.fetch();
  const answers: ((response: Response) => void)[] = [];
  globalThis.fetch = () => new Promise((resolve) => answers.push(resolve));
  const disable = vi.spyOn(AsyncLocalStorage.prototype, 'disable');
  const url = 'http://localhost/v1/embeddings';
  const asked = [send(url, { method: 'POST', body: '{}' }), send(url, { method: 'POST', body: '{}' })];
  answers[0]?.(Response.json({}));
  await asked[0];
  expect(disable).not.toHaveBeenCalled();
  answers[1]?.(Response.json({}));
  await asked[1];
  expect(disable).toHaveBeenCalledTimes(1);
  globalThis.fetch = () => {
    throw new RangeError('no network');
  };
  expect(() => send(url, { method: 'POST', body: '{}' })).toThrow('no network');
  expect(disable).toHaveBeenCalledTimes(2);
  disable.mockRestore();
});
