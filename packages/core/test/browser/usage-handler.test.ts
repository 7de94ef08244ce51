import { request as nodeRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UsageHandlerOptions } from '../../src/browser/handler/handler-options.ts';
import { nodeHandler } from '../../src/browser/handler/node-handler.ts';
import { usageHandler } from '../../src/browser/handler/usage-handler.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { usageServer } from './usage-server.ts';
import type { UsageServer } from './usage-server.ts';

const clock = (): Date => new Date('2026-11-22T12:00:00.000Z');
const store = memoryStore();
await store.append([
  usageRecord({ id: 'a', attribution: { userId: 'ada' } }),
  usageRecord({ id: 'b', attribution: { userId: 'bob', tenantId: 'acme' } }),
]);

/** Signs in whoever the test names. */
const authenticate: UsageHandlerOptions['authenticate'] = (request) => {
  const user = request.headers.get('authorization');
  return user === null ? null : { userId: user };
};
const asAda = { headers: { authorization: 'ada' } };

let server: UsageServer;
const serve = async (options: Partial<UsageHandlerOptions> = {}): Promise<string> => {
  await server?.[Symbol.asyncDispose]();
  server = await usageServer(nodeHandler(usageHandler({ store, authenticate, clock, ...options })));
  return server.url;
};
beforeEach(() => serve());
afterEach(() => server[Symbol.asyncDispose]());

describe('the status', () => {
  it.each<[number, string, string, Record<string, string>]>([
    [200, 'GET', '/', { authorization: 'ada' }],
    [200, 'GET', '/any/path?userId=bob&tenantId=acme&unknown=%00', { authorization: 'ada' }],
    [200, 'GET', '/?period=month&timeZone=Asia/Kathmandu&days=30', { authorization: 'ada' }],
    [200, 'GET', '/', { authorization: 'nobody has used this yet' }],
    [200, 'HEAD', '/', { authorization: 'ada' }],
    [400, 'GET', '/?period=fortnight', { authorization: 'ada' }],
    [400, 'GET', '/?period=', { authorization: 'ada' }],
    [400, 'GET', '/?period=day&period=month', { authorization: 'ada' }],
    [400, 'GET', '/?timeZone=Mars/Olympus', { authorization: 'ada' }],
    [400, 'GET', '/?timeZone=', { authorization: 'ada' }],
    [400, 'GET', '/?days=-1', { authorization: 'ada' }],
    [400, 'GET', '/?days=367', { authorization: 'ada' }],
    [400, 'GET', '/?days=1e2', { authorization: 'ada' }],
    [400, 'GET', '/?days=', { authorization: 'ada' }],
    [400, 'HEAD', '/?days=x', { authorization: 'ada' }],
    [401, 'GET', '/', {}],
    [401, 'HEAD', '/', {}],
    [401, 'GET', '/?days=x', {}],
    [405, 'POST', '/', { authorization: 'ada' }],
    [405, 'PUT', '/', {}],
    [405, 'DELETE', '/', {}],
    [405, 'PATCH', '/', {}],
    [405, 'OPTIONS', '/', {}],
    [405, 'TRACE', '/', {}],
  ])('is %i for %s %s %j', async (status, method, path, headers) => {
    const answer = await rawRequest(`${server.url}${path}`, method, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers['cache-control']).toBe(status === 200 ? 'private, no-cache' : 'no-store');
    expect(answer.headers['vary']).toBe('Cookie, Authorization');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['allow']).toBe(status === 405 ? 'GET, HEAD' : undefined);
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
    const keys = status === 200 ? ['v', 'rev', 'asOf', 'period', 'total', 'counts'] : ['error'];
    const body = JSON.parse(method === 'HEAD' ? '{}' : answer.body) as object;
    expect(Object.keys(body).slice(0, 6)).toEqual(method === 'HEAD' ? [] : keys);
  });

  it('is 404 on other paths where one path was named', async () => {
    await serve({ path: '/usage' });
    expect((await fetch(`${server.url}/usage?x=1`, asAda)).status).toBe(200);
    for (const path of ['/', '/usage/', '/usage/bob', '/Usage']) {
      expect((await rawRequest(server.url + path, 'GET', asAda.headers)).status).toBe(404);
    }
  });

  it('is decided by the path also where the Host header is no host', async () => {
    await serve({ path: '/usage' });
    const answers = await Promise.all(
      ['a b', 'x@y', 'a:99999', '/evil', '?', '#'].map((host) =>
        rawRequest(`${server.url}/usage`, 'GET', { ...asAda.headers, host }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it('tells which query key is wrong without repeating its value', async () => {
    const answer = await fetch(`${server.url}/?timeZone=%3Cscript%3E`, asAda);
    expect(await answer.text()).toBe('{"error":"query key \\"timeZone\\": expected an IANA time zone"}');
  });
});

describe('authentication', () => {
  const thrower = (): never => {
    throw new Error('session store is down: secret');
  };
  const cases: [string, unknown, RegExp | undefined][] = [
    ['null', () => null, undefined],
    ['undefined', () => undefined, undefined],
    ['a promise of null', async () => null, undefined],
    ['a throw', thrower, /session store/],
    ['a rejection', async () => thrower(), /session store/],
    ['an empty user', () => ({ userId: '' }), /userId/],
    ['no user', () => ({}), /userId/],
    ['a number', () => ({ userId: 7 }), /authenticate: userId: expected a non-empty string, got 7$/],
    ['a null user', () => ({ userId: null }), /userId: expected a non-empty string, got null$/],
    ['a list', () => ({ userId: ['ada'] }), /userId: .* got an array$/],
    ['a String object', () => ({ userId: Object('ada') }), /userId/],
    ['an object with toString', () => ({ userId: { toString: () => 'ada' } }), /userId/],
    ['a bare string', () => 'ada', /authenticate: expected { userId }, got "ada"$/],
    ['true', () => true, /expected/],
    [
      'an undefined tenant',
      () => ({ userId: 'ada', tenantId: undefined }),
      /tenantId: .* no such member .* got undefined$/,
    ],
    ['a null tenant', () => ({ userId: 'ada', tenantId: null }), /tenantId/],
    ['an empty tenant', () => ({ userId: 'ada', tenantId: '' }), /tenantId/],
    ['a getter that throws', () => Object.defineProperty({}, 'userId', { get: thrower }), /session store/],
  ];
  it.each(cases)('that gives %s is answered 401 and asks the store nothing', async (_name, giving, told) => {
    const onError = vi.fn<NonNullable<UsageHandlerOptions['onError']>>();
    const asked = vi.fn<() => never>();
    const spied = { ...store, totals: asked, userTotals: asked, series: asked, records: asked };
    await serve({ store: spied, authenticate: giving as UsageHandlerOptions['authenticate'], onError });
    const answer = await fetch(server.url, asAda);
    expect(answer.status).toBe(401);
    expect(await answer.text()).toBe('{"error":"not signed in"}');
    expect(asked).not.toHaveBeenCalled();
    expect(onError.mock.calls.map(([error]) => String(error)).join('\n')).toMatch(told ?? /^$/);
    expect(onError.mock.calls.length).toBeLessThanOrEqual(1);
  });
});

describe('failures', () => {
  it('of the store are answered 503 without its words, and told to onError', async () => {
    const failure = new Error('SQLITE_CORRUPT: /var/secret/usage.db');
    const onError = vi.fn<NonNullable<UsageHandlerOptions['onError']>>();
    await serve({ store: { ...store, userTotals: () => Promise.reject(failure) }, onError });
    const answer = await fetch(server.url, asAda);
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('cache-control')]).toEqual([
      503,
      '5',
      'no-store',
    ]);
    expect(await answer.text()).not.toMatch(/SQLITE|secret/);
    expect(onError).toHaveBeenCalledExactlyOnceWith(failure, expect.any(Request));
  });

  it('of a store that does not answer are told, and answered 503, when its time is over', async () => {
    const onError = vi.fn<NonNullable<UsageHandlerOptions['onError']>>();
    await serve({ store: { ...store, userTotals: () => new Promise(() => {}) }, onError, timeoutMs: 20 });
    expect((await fetch(server.url, asAda)).status).toBe(503);
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'store_failed', message: expect.stringContaining('20 ms') }),
      expect.any(Request),
    );
  });

  it('of onError itself change nothing', async () => {
    await serve({
      authenticate: () => {
        throw new Error('no');
      },
      onError: () => {
        throw new Error('nor this');
      },
    });
    expect((await fetch(server.url)).status).toBe(401);
  });

  it('of an async onError do not end the process', async () => {
    const unheard = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unheard);
    try {
      await serve({
        store: { ...store, userTotals: () => Promise.reject(new Error('down')) },
        // oxlint-disable-next-line typescript/no-misused-promises -- what the type forbids and apps do
        onError: () => Promise.reject(new Error('the log is down too')),
      });
      expect((await fetch(server.url, asAda)).status).toBe(503);
      await new Promise((resolve) => setImmediate(resolve));
      expect(unheard).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unheard);
    }
  });

  it('of a quota leave the snapshot without one', async () => {
    const onError = vi.fn<NonNullable<UsageHandlerOptions['onError']>>();
    await serve({ quota: () => Promise.reject(new Error('billing is down')), onError });
    const answer = await fetch(server.url, asAda);
    expect(await answer.json()).not.toHaveProperty('quota');
    expect(onError).toHaveBeenCalledOnce();
  });
});

describe('the tag', () => {
  const tagOf = async (headers: Record<string, string> = {}, path = ''): Promise<Response> =>
    fetch(server.url + path, { headers: { authorization: 'ada', ...headers } });

  it('gives 304 without a body, with the headers a cache needs, for GET and HEAD', async () => {
    const first = await tagOf();
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/);
    await Promise.all(
      [etag, `"other", ${etag}`, etag.slice(2), '*', etag.replace(/"$/, '-gzip"')].flatMap((named) =>
        ['GET', 'HEAD'].map(async (method) => {
          const again = await rawRequest(server.url, method, { authorization: 'ada', 'if-none-match': named });
          expect([named, again.status, again.body]).toEqual([named, 304, '']);
          expect(again.headers).toMatchObject({ etag, 'cache-control': 'private, no-cache' });
          expect(again.headers['vary']).toBe('Cookie, Authorization');
          expect(again.headers).not.toHaveProperty('content-type');
        }),
      ),
    );
    expect((await tagOf({ 'if-none-match': '"other"' })).status).toBe(200);
    expect((await tagOf({ 'if-none-match': etag.slice(0, -2) })).status).toBe(200);
  });

  it('stays when only time went by, and moves with a record, with the question and with the user', async () => {
    const own = memoryStore();
    await own.append([usageRecord({ id: '1', attribution: { userId: 'ada' } })]);
    let now = clock();
    await serve({ store: own, clock: () => now });
    const first = await tagOf();
    now = new Date('2026-11-22T13:00:00.000Z');
    const second = await tagOf();
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(await second.json()).toMatchObject({ asOf: '2026-11-22T13:00:00.000Z' });
    expect((await tagOf({}, '/?period=day')).headers.get('etag')).not.toBe(first.headers.get('etag'));
    await own.append([usageRecord({ id: '2', tokens: {}, attribution: { userId: 'ada' } })]);
    expect((await tagOf()).headers.get('etag')).not.toBe(first.headers.get('etag'));
    const strangers = await Promise.all(['x', 'y'].map((authorization) => tagOf({ authorization })));
    const [x, y] = strangers.map(({ headers }) => headers.get('etag'));
    expect(x).not.toBe(y);
  });

  it('is the same for HEAD, whose length is that of GET', async () => {
    const get = await tagOf();
    const head = await fetch(server.url, { method: 'HEAD', ...asAda });
    expect(head.headers.get('etag')).toBe(get.headers.get('etag'));
    expect(head.headers.get('content-length')).toBe(String((await get.arrayBuffer()).byteLength));
  });
});

describe('options', () => {
  it.each<[string, unknown]>([
    ['store', { authenticate }],
    ['store', { authenticate, store: { totals: 1 } }],
    ['authenticate', { store }],
    ['expose', { store, authenticate, expose: ['prices'] }],
    ['expose', { store, authenticate, expose: 'cost' }],
    ['period', { store, authenticate, period: 'week' }],
    ['timeZone', { store, authenticate, timeZone: 'Mars/Olympus' }],
    ['days', { store, authenticate, days: 367 }],
    ['last', { store, authenticate, last: 1 }],
    ['path', { store, authenticate, path: 'usage' }],
    ['clock', { store, authenticate, clock: 5 }],
    ['timeoutMs', { store, authenticate, timeoutMs: 0 }],
    ['onError', { store, authenticate, onError: 5 }],
    ['quota.limit', { store, authenticate, quota: { limit: -1 } }],
    ['quota.limit', { store, authenticate, quota: {} }],
    ['quota.unit', { store, authenticate, quota: { unit: 'requests', limit: 1 } }],
    ["expose: ['cost']", { store, authenticate, quota: { unit: 'cost', limit: 1 } }],
    ['quota.used', { store, authenticate, quota: { limit: 1, used: Number.NaN } }],
    ['authorise', { store, authenticate, authorise: 1 }],
    ['store', undefined],
  ])('throw at once and name %s for %j', (name, options) => {
    expect(() => usageHandler(options as UsageHandlerOptions)).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(name) }),
    );
  });
});

interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Methods and headers that `fetch` would not send. */
function rawRequest(url: string, method: string, headers: Record<string, string>): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = nodeRequest(url, { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on('error', reject);
    request.end();
  });
}
