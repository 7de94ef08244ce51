import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createUsageStore } from '../../src/core.ts';
import type { UsageError, UsageStore, UsageState } from '../../src/core.ts';
import { createUsageLedger } from '../../src/usage/usage-ledger.ts';
import { usageChunk, usageServer, usageSnapshot } from './usage-server.ts';

/** Subscribes, and resolves with the first state that matches. */
function until(store: UsageStore, matches: (state: UsageState) => boolean): Promise<UsageState> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!matches(store.get())) return;
      resolve(store.get());
      queueMicrotask(() => stop());
    };
    const stop = store.subscribe(look);
    look();
  });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Takes what nobody handles from the test runner, until the test ends. */
function unhandledRejections(): readonly unknown[] {
  const handlers = process.listeners('unhandledRejection');
  const reported: unknown[] = [];
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => reported.push(reason));
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection');
    for (const handler of handlers) process.on('unhandledRejection', handler);
  });
  return reported;
}

describe('the store', () => {
  test('asks for nothing until someone subscribes, then once', async () => {
    const server = await usageServer(() => usageSnapshot({ total: 1234 }));
    const store = createUsageStore({ src: server.url });
    expect(store.get()).toEqual({ status: 'loading', pending: false, stale: false });
    expect(server.count()).toBe(0);
    const [a, b] = await Promise.all([
      until(store, ({ status }) => status === 'ready'),
      until(store, ({ status }) => status === 'ready'),
    ]);
    expect(a.usage?.total).toBe(1234);
    expect(b).toBe(a);
    expect(server.count()).toBe(1);
  });

  test('makes one request when React subscribes, leaves and subscribes again', async () => {
    const server = await usageServer(() => usageSnapshot());
    const store = createUsageStore({ src: server.url });
    store.subscribe(() => undefined)();
    const stop = store.subscribe(() => undefined);
    await until(store, ({ status }) => status === 'ready');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.count()).toBe(1);
    stop();
  });

  test('drops the request when the last subscriber leaves, and starts anew for the next', async () => {
    const server = await usageServer((_, __, count) => (count === 1 ? undefined : usageSnapshot()));
    const onError = vi.fn<(error: UsageError) => void>();
    const store = createUsageStore({ src: server.url, onError });
    const leave = store.subscribe(() => undefined);
    await vi.waitFor(() => expect(server.count()).toBe(1), 10_000);
    leave();
    await Promise.resolve();
    await until(store, ({ status }) => status === 'ready');
    expect(server.count()).toBe(2);
    expect(onError).not.toHaveBeenCalled();
  });

  test('shares one further request among all calls during one', async () => {
    let hold = (): void => undefined;
    const server = await usageServer((_, response, count) => {
      if (count > 1) return usageSnapshot({ rev: count });
      hold = () => response.end(JSON.stringify(usageSnapshot()));
      return undefined;
    });
    const store = createUsageStore({ src: server.url });
    const first = store.refresh();
    await vi.waitFor(() => expect(server.count()).toBe(1), 10_000);
    const others = [store.refresh(), store.refresh(), store.refresh()];
    hold();
    expect((await first).usage?.rev).toBe(1);
    expect((await Promise.all(others)).map(({ usage }) => usage?.rev)).toEqual([2, 2, 2]);
    expect(server.count()).toBe(2);
  });

  test('keeps what it has when an older answer comes', async () => {
    const server = await usageServer(() => usageSnapshot({ rev: 4, total: 400 }));
    const store = createUsageStore({ src: server.url, initial: usageSnapshot({ rev: 9, total: 900 }) });
    const { usage, status } = await store.refresh();
    expect(usage).toMatchObject({ rev: 9, total: 900 });
    expect(status).toBe('ready');
  });

  test('replaces a snapshot of the same rev with a newer request, not with another tab', async () => {
    const server = await usageServer(() => usageSnapshot({ rev: 1, total: 700 }));
    const name = crypto.randomUUID();
    const store = createUsageStore({ src: server.url, userKey: name, initial: usageSnapshot({ total: 600 }) });
    await store.refresh();
    expect(store.get().usage?.total).toBe(700);
    const stop = store.subscribe(() => undefined);
    const other = new BroadcastChannel(`kilotoken:${name}`);
    // oxlint-disable unicorn/require-post-message-target-origin -- a channel, not a window
    other.postMessage(usageSnapshot({ rev: 1, total: 600 }));
    other.postMessage(usageSnapshot({ rev: 2, total: 800 }));
    // oxlint-enable unicorn/require-post-message-target-origin
    await until(store, ({ usage }) => usage?.rev === 2);
    expect(store.get().usage?.total).toBe(800);
    other.close();
    stop();
  });
});

test('a snapshot that the app hands over reaches the other tabs', async () => {
  const userKey = crypto.randomUUID();
  const [here, there] = [createUsageStore({ userKey }), createUsageStore({ userKey })];
  const stop = here.subscribe(() => undefined);
  const seen = until(there, ({ usage }) => usage !== undefined);
  expect(here.apply(usageSnapshot({ rev: 9, total: 900 }))).toBe(true);
  expect((await seen).usage).toMatchObject({ rev: 9, total: 900 });
  stop();
});

describe('a frame', () => {
  const initial = usageSnapshot({ rev: 5, total: 1000, counts: { input: 800, output: 200 } });

  test('is shown at once and again changes nothing', () => {
    const store = createUsageStore({ initial });
    expect(store.apply(usageChunk('m1', 50, { rev: 6 }))).toBe(true);
    expect(store.get()).toMatchObject({ pending: true, usage: { total: 1050, counts: { input: 849, output: 201 } } });
    store.apply(usageChunk('m1', 50, { rev: 6 }));
    expect(store.get().usage?.total).toBe(1050);
  });

  test('is confirmed by a snapshot that reaches its rev, not by an earlier one', () => {
    const store = createUsageStore({ initial });
    store.apply(usageChunk('m1', 50, { rev: 7 }));
    store.apply(usageSnapshot({ rev: 6, total: 1030 }));
    expect(store.get()).toMatchObject({ pending: true, usage: { total: 1080 } });
    store.apply(usageSnapshot({ rev: 7, total: 1080 }));
    expect(store.get()).toMatchObject({ pending: false, usage: { total: 1080 } });
    expect(store.apply(usageChunk('m1', 50, { rev: 7 }))).toBe(false);
  });

  test('without rev never makes the number fall while the server catches up', () => {
    const store = createUsageStore({ initial });
    store.apply(usageChunk('m1', 50));
    store.apply(usageSnapshot({ rev: 6, total: 1020 }));
    expect(store.get()).toMatchObject({ pending: true, usage: { total: 1050 } });
    store.apply(usageSnapshot({ rev: 7, total: 1070 }));
    expect(store.get()).toMatchObject({ pending: false, usage: { total: 1070 } });
    expect(store.apply(usageChunk('m1', 50))).toBe(false);
  });

  test('without rev is given up by the first snapshot after 15 s', () => {
    vi.useFakeTimers({ now: 0 });
    const store = createUsageStore({ initial });
    store.apply(usageChunk('m1', 50));
    vi.setSystemTime(14_999);
    store.apply(initial);
    expect(store.get().usage?.total).toBe(1050);
    vi.setSystemTime(15_000);
    store.apply(initial);
    expect(store.get()).toMatchObject({ pending: false, usage: { total: 1000 } });
    vi.useRealTimers();
  });

  test('that carries the total needs no request', async () => {
    const server = await usageServer(() => usageSnapshot());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const store = createUsageStore({ src: server.url, initial: { ...initial, asOf: new Date().toISOString() } });
    const stop = store.subscribe(() => undefined);
    store.apply(usageChunk('m1', 50, { rev: 6, total: 1050, quota: { unit: 'tokens', used: 1050, limit: 2000 } }));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.get()).toMatchObject({ pending: false, usage: { rev: 6, total: 1050, quota: { used: 1050 } } });
    expect(server.count()).toBe(0);
    stop();
    vi.useRealTimers();
  });

  test('that carries the total is fresh though the last request failed; another one is not', async () => {
    const fetcher = (): Promise<unknown> => Promise.reject(new Error('down'));
    const store = createUsageStore({ fetcher, retries: 0, initial: { ...initial, asOf: '2026-01-01T00:00:00Z' } });
    await store.refresh();
    store.apply(usageChunk('m1', 50, { rev: 6 }));
    expect(store.get()).toMatchObject({ stale: true, pending: true, error: { code: 'network' } });
    const before = Date.now();
    store.apply(usageChunk('m2', 50, { rev: 7, total: 1100 }));
    expect(store.get()).toMatchObject({ stale: false, pending: false, usage: { total: 1100 } });
    expect(store.get().error).toBeUndefined();
    expect(store.get().updatedAt).toBeGreaterThanOrEqual(before);
  });

  test.for([undefined, { complete: false }])(
    'whose cost is not all known (%o) leaves a lower bound, also where it spares the request',
    (unknown) => {
      const cost = { amount: '0.10', currency: 'USD', complete: true };
      const store = createUsageStore({ initial: { ...initial, cost } });
      const add = { total: 50, cost: unknown && { ...cost, ...unknown } };
      store.apply(usageChunk('m1', 50, { rev: 6, total: initial.total + 50, add }));
      expect(store.get().pending).toBe(false);
      expect(store.get().usage?.cost?.complete).toBe(false);
    },
  );

  test.for([{}, { total: 1300 }])('that is an estimate makes the sum one, with %j', (more) => {
    const store = createUsageStore({ initial: usageSnapshot({ estimated: 40 }) });
    store.apply({ id: 'm1', rev: 2, add: { total: 60 }, ...more });
    expect(store.get().usage?.estimated).toBe(40);
    store.apply({ id: 'm2', rev: 3, add: { total: 100, estimated: 30 }, ...more });
    expect(store.get().usage?.estimated).toBe(70);
  });

  test('moves a token quota, and a money quota by its cost', () => {
    const cost = { amount: '0.10', currency: 'USD', complete: true };
    const store = createUsageStore({
      initial: { ...initial, cost, quota: { unit: 'tokens', used: 1000, limit: 2000 } },
    });
    store.apply(usageChunk('m1', 50, { rev: 6, add: { total: 50, cost: { ...cost, amount: '0.203' } } }));
    expect(store.get().usage).toMatchObject({ quota: { used: 1050 }, cost: { amount: '0.303000000' } });
    const money = createUsageStore({
      initial: { ...initial, quota: { unit: 'cost', currency: 'USD', used: 1, limit: 2 } },
    });
    money.apply(usageChunk('m1', 50, { rev: 6, add: { total: 50, cost: { ...cost, amount: '0.25' } } }));
    expect(money.get().usage?.quota?.used).toBe(1.25);
  });

  test('is followed by one request, and by others only until it is counted', async () => {
    let rev = 5;
    const server = await usageServer(() => ({ ...initial, rev, total: rev === 6 ? 1050 : 1000 }));
    const store = createUsageStore({ src: server.url, initial: { ...initial, asOf: new Date().toISOString() } });
    const stop = store.subscribe(() => undefined);
    store.apply(usageChunk('m1', 20, { rev: 6 }));
    store.apply(usageChunk('m1', 50, { rev: 6 }));
    await vi.waitFor(() => expect(server.count()).toBe(1), 2000);
    rev = 6;
    await vi.waitFor(() => expect(store.get().pending).toBe(false), 6000);
    expect(server.count()).toBe(2);
    expect(store.get().usage?.total).toBe(1050);
    stop();
  }, 10_000);

  test('whose answer is made anew under the same id is asked for', async () => {
    let [rev, total] = [5, 1000];
    const server = await usageServer(() => usageSnapshot({ rev, total }));
    const store = createUsageStore({ src: server.url });
    const stop = store.subscribe(() => undefined);
    await until(store, ({ status }) => status === 'ready');
    [rev, total] = [6, 1020];
    store.apply(usageChunk('m1', 20));
    await vi.waitFor(() => expect(store.get()).toMatchObject({ pending: false, usage: { total: 1020 } }), 6000);
    [rev, total] = [7, 1050];
    expect(store.apply(usageChunk('m1', 30))).toBe(false);
    await vi.waitFor(() => expect(store.get().usage?.total).toBe(1050), 3000);
    stop();
  }, 15_000);

  test('does not make the store forget to ask when the period starts anew, though the endpoint is down', async () => {
    vi.useFakeTimers({ now: 0 });
    let asked = 0;
    const fetcher = async (): Promise<unknown> => {
      asked += 1;
      if (asked > 1) throw new Error('down');
      return usageSnapshot({ period: { resetsAt: new Date(3_600_000).toISOString() } });
    };
    const store = createUsageStore({ fetcher, retries: 0 });
    const stop = store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(100);
    store.apply(usageChunk('m1', 50, { rev: 2 }));
    await vi.advanceTimersByTimeAsync(600);
    expect(asked, 'once after the frame').toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked, 'twice more, because it is not counted').toBe(4);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked, 'once in the new period').toBe(5);
    stop();
    vi.useRealTimers();
  });

  test('is followed by a request after a sleep that timers did not count', async () => {
    vi.useFakeTimers({ now: 0 });
    const hourMs = 3_600_000;
    const asked: number[] = [];
    const fetcher = async (): Promise<unknown> => {
      asked.push(Date.now());
      return usageSnapshot({
        rev: asked.length,
        period: { resetsAt: new Date(Date.now() + 8 * hourMs).toISOString() },
      });
    };
    const store = createUsageStore({ fetcher });
    const stop = store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(100);
    vi.setSystemTime(9 * hourMs);
    store.apply(usageChunk('m1', 50, { rev: 2 }));
    await vi.advanceTimersByTimeAsync(600);
    expect(asked, 'once after the frame').toHaveLength(2);
    await vi.advanceTimersByTimeAsync(8 * hourMs + 5000);
    expect(asked, 'once in the period after it').toHaveLength(3);
    stop();
    vi.useRealTimers();
  });

  test('bounds what is remembered of 2,000 open answers, and loses none of them', () => {
    const store = createUsageStore({ initial });
    for (let index = 0; index < 2000; index += 1) store.apply(usageChunk(`m${index}`, 10, { rev: 6 + index }));
    expect(store.get().usage?.total).toBe(21_000);
  });

  test('with the total is remembered for a while too, no longer', async () => {
    const ledger = createUsageLedger();
    const additions: WeakRef<object>[] = [];
    for (let rev = 1; rev <= 2000; rev += 1) {
      const add = { total: 10 };
      additions.push(new WeakRef(add));
      ledger.add({ id: `m${rev}`, rev, total: 10 * rev, add });
    }
    await new Promise(setImmediate);
    collectGarbage();
    const kept = additions.filter((reference) => reference.deref());
    expect(ledger.base.total).toBe(20_000);
    expect(kept.length).toBeLessThan(600);
  });

  test('that carries the total counts, however many open ones it follows', () => {
    const store = createUsageStore({ initial });
    for (let index = 0; index < 500; index += 1) store.apply(usageChunk(`m${index}`, 10, { rev: 6 + index }));
    store.apply(usageChunk('m500', 10, { rev: 506, total: 6010 }));
    expect(store.apply(usageSnapshot({ rev: 100, total: 1950 }))).toBe(false);
    expect(store.get()).toMatchObject({ pending: false, usage: { rev: 506, total: 6010 } });
  });
});

describe('an endpoint that fails', () => {
  test('with 500 is asked twice more, then told once', async () => {
    const server = await usageServer((_, response) => void response.writeHead(503).end());
    const errors: UsageError[] = [];
    const store = createUsageStore({ src: server.url, onError: (error) => errors.push(error) });
    const { status, error } = await store.refresh();
    expect(status).toBe('error');
    expect(server.count()).toBe(3);
    expect(errors).toEqual([error]);
    expect(error).toMatchObject({ code: 'http', status: 503 });
  });

  test('with 429 is asked again not before it allows it', async () => {
    const times: number[] = [];
    const server = await usageServer((_, response, count) => {
      times.push(Date.now());
      return count === 1 ? void response.writeHead(429, { 'retry-after': '1' }).end() : usageSnapshot();
    });
    const { status } = await createUsageStore({ src: server.url }).refresh();
    expect(status).toBe('ready');
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(995);
  });

  test.for([403, 404])('with %i is not asked again', async (code) => {
    const server = await usageServer((_, response) => void response.writeHead(code).end());
    const { status } = await createUsageStore({ src: server.url }).refresh();
    expect([status, server.count()]).toEqual(['error', 1]);
  });

  test('with 401 makes the store forget, and calls onUnauthorized once', async () => {
    const server = await usageServer((_, response) => void response.writeHead(401).end());
    const onUnauthorized = vi.fn<() => void>();
    const initial = usageSnapshot({ asOf: '2026-01-01T00:00:00Z' });
    const store = createUsageStore({ src: server.url, initial, onUnauthorized });
    const stop = store.subscribe(() => undefined);
    await until(store, ({ status }) => status === 'unauthorized');
    expect(store.get()).toEqual({ status: 'unauthorized', stale: false, pending: false });
    expect(store.apply(usageChunk('m1', 5))).toBe(false);
    expect(onUnauthorized).toHaveBeenCalledTimes(1);
    expect(server.count()).toBe(1);
    stop();
  });

  test.for([
    [404, 'error'],
    [401, 'unauthorized'],
  ] as const)(
    'with %i is over before the app hears of it, whose mistake is reported by itself',
    async ([code, expected]) => {
      const reported = unhandledRejections();
      const server = await usageServer((_, response) => void response.writeHead(code).end());
      const seen: string[] = [];
      const store = createUsageStore({
        src: server.url,
        onError() {
          seen.push(store.get().status);
          throw new Error('no Sentry here');
        },
        onUnauthorized() {
          throw new Error('no way to the login');
        },
      });
      expect((await store.refresh()).status).toBe(expected);
      expect(seen).toEqual([expected]);
      await new Promise(setImmediate);
      expect(reported.map(String)).toEqual(
        code === 401 ? ['Error: no Sentry here', 'Error: no way to the login'] : ['Error: no Sentry here'],
      );
    },
  );

  test('with an answer that is no usage is told once, also where the app throws', async () => {
    const reported = unhandledRejections();
    const server = await usageServer(() => ({ v: 1 }));
    const onError = vi.fn<(error: UsageError) => void>().mockImplementation(() => {
      throw new Error('no Sentry here');
    });
    const state = await createUsageStore({ src: server.url, onError }).refresh();
    expect(state).toMatchObject({ status: 'error', error: { code: 'malformed' } });
    await new Promise(setImmediate);
    expect([onError.mock.calls.length, reported.length]).toEqual([1, 1]);
  });

  test('leaves known usage on screen as stale, and recovers', async () => {
    let isDown = true;
    const server = await usageServer((_, response) => (isDown ? void response.writeHead(404).end() : usageSnapshot()));
    const store = createUsageStore({ src: server.url, initial: usageSnapshot() });
    expect(await store.refresh()).toMatchObject({ status: 'ready', stale: true, error: { status: 404 } });
    isDown = false;
    const state = await store.refresh();
    expect(state).toMatchObject({ status: 'ready', stale: false });
    expect(state.error).toBeUndefined();
  });

  const bad: readonly [string, unknown][] = [
    ['no object', 'usage'],
    ['no rev', { v: 1, total: 5, counts: {} }],
    ['a negative total', { v: 1, rev: 1, total: -5, counts: {} }],
    ['an infinite total', { v: 1, rev: 1, total: '1e999', counts: {} }],
    ['another version', { v: 2, rev: 1, total: 5, counts: {} }],
    ['null', null],
  ];
  test.for(bad)('with %s ends in the error state and one onError', async ([, body]) => {
    const server = await usageServer(() => body);
    const onError = vi.fn<(error: UsageError) => void>();
    const state = await createUsageStore({ src: server.url, onError }).refresh();
    expect(state).toMatchObject({ status: 'error', error: { code: 'malformed' } });
    expect(onError).toHaveBeenCalledTimes(1);
    expect(server.count()).toBe(1);
  });

  test('with a cost without currency still shows the tokens, and tells once', async () => {
    const server = await usageServer(() => ({ ...usageSnapshot(), cost: { amount: '1' }, quota: { used: 1 } }));
    const onError = vi.fn<(error: UsageError) => void>();
    const { status, usage } = await createUsageStore({ src: server.url, onError }).refresh();
    expect(status).toBe('ready');
    expect(usage).toEqual(usageSnapshot());
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test('takes counts that outgrow a double as strings', async () => {
    const server = await usageServer(() => ({ ...usageSnapshot(), total: '123456789012345678901' }));
    const { usage } = await createUsageStore({ src: server.url }).refresh();
    expect(usage?.total).toBe(123456789012345680000);
  });

  test('that never answers is given up after 20 s, and asked again for those who waited', async () => {
    vi.useFakeTimers();
    let asked = 0;
    const fetcher = (): Promise<unknown> =>
      (asked += 1) === 1 ? new Promise(() => undefined) : Promise.resolve(usageSnapshot());
    const store = createUsageStore({ fetcher });
    const first = store.refresh();
    const waiting = store.refresh();
    await vi.advanceTimersByTimeAsync(19_999);
    expect(store.get().status).toBe('loading');
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toMatchObject({ status: 'error', error: { code: 'network' } });
    expect((await waiting).status).toBe('ready');
    expect(asked).toBe(2);
    vi.useRealTimers();
  });

  test.for([undefined, null, 'down'])('that rejects with %j is told as one that is down', async (reason) => {
    const fetcher = vi.fn<() => Promise<unknown>>(() => Promise.reject(reason));
    const onError = vi.fn<(error: UsageError) => void>();
    const { status, error } = await createUsageStore({ fetcher, onError, retries: 1 }).refresh();
    expect([status, error?.code, error?.cause]).toEqual(['error', 'network', reason]);
    expect(onError.mock.calls).toEqual([[error]]);
    expect(fetcher).toHaveBeenCalledTimes(2);
  });

  test('that is down for good is told once per refresh', async () => {
    const onError = vi.fn<(error: UsageError) => void>();
    const store = createUsageStore({ src: 'http://127.0.0.1:9/usage', retries: 0, onError });
    expect(await store.refresh()).toMatchObject({ status: 'error', error: { code: 'network' } });
    expect(onError).toHaveBeenCalledTimes(1);
  });
});

describe('malformed frames', () => {
  test.for([null, 7, 'x', {}, { kilotoken: {} }, { kilotoken: { id: 'm1' } }, { kilotoken: { add: { total: 4 } } }])(
    'like %j change nothing and are told once',
    (frame) => {
      const onError = vi.fn<(error: UsageError) => void>();
      const store = createUsageStore({ initial: usageSnapshot(), onError });
      const before = store.get();
      expect(store.apply(frame)).toBe(false);
      expect(store.get()).toBe(before);
      expect(onError).toHaveBeenCalledTimes(1);
    },
  );
});

describe('logout', () => {
  test('forgets the user, drops the request under way, and asks nothing until refresh', async () => {
    let answer = (): void => undefined;
    const server = await usageServer((_, response, count) => {
      answer = () => response.end(JSON.stringify(usageSnapshot({ rev: count })));
      return count > 1 ? usageSnapshot({ rev: count }) : undefined;
    });
    const store = createUsageStore({ src: server.url });
    const stop = store.subscribe(() => undefined);
    await vi.waitFor(() => expect(server.count()).toBe(1), 10_000);
    store.reset();
    answer();
    expect(store.get().status).toBe('unauthorized');
    expect((await store.refresh()).usage?.rev).toBe(2);
    expect(server.count()).toBe(2);
    stop();
  });
});

describe('subscribers', () => {
  test('hear of a storm of frames at once and then once per 16 ms', () => {
    vi.useFakeTimers();
    const store = createUsageStore({ initial: usageSnapshot() });
    const listener = vi.fn<() => void>();
    const stop = store.subscribe(listener);
    for (let index = 0; index < 100; index += 1) store.apply(usageChunk(`m${index}`, 5, { rev: index + 2 }));
    expect(listener).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(16);
    expect(listener).toHaveBeenCalledTimes(2);
    expect(store.get().usage?.total).toBe(1700);
    vi.advanceTimersByTime(100);
    expect(listener).toHaveBeenCalledTimes(2);
    stop();
    vi.useRealTimers();
  });

  test('all hear of a change when one of them throws, which is reported by itself', async () => {
    const reported = unhandledRejections();
    const store = createUsageStore({ initial: usageSnapshot() });
    const mistake = new Error('of the app');
    const listener = vi.fn<() => void>();
    const stops = [
      store.subscribe(() => {
        throw mistake;
      }),
      store.subscribe(listener),
    ];
    expect(store.apply(usageChunk('m1', 5, { rev: 2 }))).toBe(true);
    expect(listener).toHaveBeenCalledTimes(1);
    await new Promise(setImmediate);
    expect(reported).toEqual([mistake]);
    for (const stop of stops) stop();
  });
});
