import { serve as serveHono } from '@hono/node-server';
import express from 'express';
import Fastify from 'fastify';
import type { FastifyRequest } from 'fastify';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { cors } from 'hono/cors';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fastifyHandler } from '../../src/browser/handler/fastify-handler.ts';
import { honoHandler } from '../../src/browser/handler/hono-handler.ts';
import { nodeHandler } from '../../src/browser/handler/node-handler.ts';
import { usageHandler } from '../../src/browser/handler/usage-handler.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { usageServer } from './usage-server.ts';
import type { UsageServer } from './usage-server.ts';

const store = memoryStore();
await store.append([
  usageRecord({ id: 'a', attribution: { userId: 'ada' } }),
  usageRecord({ id: 'b', attribution: { userId: 'bob' }, tokens: { totalTokens: 1 } }),
]);

/** The app's own sign-in, which puts the user where its framework keeps such things. */
const userOf = (authorization: string | undefined): { id: string } | undefined =>
  authorization === undefined ? undefined : { id: authorization };

const servers: [string, () => Promise<UsageServer>][] = [
  [
    'Express, below a mount point and behind middleware',
    () => {
      const usage = usageHandler({
        store,
        path: '/api/usage',
        authenticate: (_request, { user }: { user?: { id: string } }) =>
          user === undefined ? null : { userId: user.id },
      });
      const app = express();
      app.use((request, response, next) => {
        Object.assign(request, { user: userOf(request.headers.authorization) });
        response.vary('Origin');
        next();
      });
      const api = express.Router();
      api.all('/usage', nodeHandler(usage));
      app.use('/api', api);
      return usageServer(app);
    },
  ],
  [
    'Fastify with a decorated request',
    async () => {
      type SignedIn = { user?: { id: string } | undefined };
      const usage = usageHandler({
        store,
        path: '/api/usage',
        authenticate: (_request, { user }: SignedIn) => (user === undefined ? null : { userId: user.id }),
      });
      const app = Fastify();
      app.decorateRequest('user');
      app.addHook('onRequest', async (request: FastifyRequest & SignedIn, reply) => {
        request.user = userOf(request.headers.authorization);
        reply.header('vary', 'Origin');
      });
      app.get('/api/usage', fastifyHandler(usage));
      app.route({ method: ['POST', 'DELETE'], url: '/api/usage', handler: fastifyHandler(usage) });
      const url = await app.listen({ port: 0, host: '127.0.0.1' });
      return { url, [Symbol.asyncDispose]: () => app.close() };
    },
  ],
  [
    'Hono with a variable of its context',
    () => {
      interface Env {
        Variables: { user: { id: string } | undefined };
      }
      const usage = usageHandler({
        store,
        path: '/api/usage',
        authenticate: (_request, context: Context<Env>) => {
          const user = context.get('user');
          return user === undefined ? null : { userId: user.id };
        },
      });
      const app = new Hono<Env>();
      app.use(cors({ origin: 'http://app.example', credentials: true }));
      app.use(async (context, next) => {
        context.set('user', userOf(context.req.header('authorization')));
        await next();
      });
      app.all('/api/usage', honoHandler(usage));
      return new Promise((resolve) => {
        const server = serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
          resolve({
            url: `http://127.0.0.1:${port}`,
            [Symbol.asyncDispose]: () =>
              new Promise((closed) => {
                server.close(() => closed());
              }),
          });
        });
      });
    },
  ],
];

describe.each(servers)('%s', (_name, start) => {
  it('serves the user it signed in, and nobody else', async () => {
    await using server = await start();
    const read = (headers: Record<string, string>, method = 'GET'): Promise<Response> =>
      fetch(`${server.url}/api/usage?days=1&userId=bob`, {
        method,
        headers: { origin: 'http://app.example', ...headers },
      });

    const ada = await read({ authorization: 'ada' });
    expect(ada.status).toBe(200);
    expect(ada.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(ada.headers.get('cache-control')).toBe('private, no-cache');
    expect(listOf(ada.headers.get('vary'))).toEqual(['Authorization', 'Cookie', 'Origin']);
    const text = await ada.text();
    expect(JSON.parse(text)).toMatchObject({ total: 300, rev: 1, days: [{}] });
    expect(ada.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));

    expect(await (await read({ authorization: 'bob' })).json()).toMatchObject({ total: 1 });

    const etag = ada.headers.get('etag') ?? '';
    const again = await read({ authorization: 'ada', 'if-none-match': etag });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    expect(again.headers.get('cache-control')).toBe('private, no-cache');

    const head = await read({ authorization: 'ada' }, 'HEAD');
    expect(head.headers.get('content-length')).toBe(ada.headers.get('content-length'));
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, '']);

    const stranger = await read({});
    expect([stranger.status, stranger.headers.get('cache-control')]).toEqual([401, 'no-store']);
    expect((await fetch(`${server.url}/api/usage?days=x`, { headers: { authorization: 'ada' } })).status).toBe(400);
    expect((await fetch(`${server.url}/api/else`, { headers: { authorization: 'ada' } })).status).toBe(404);
    const post = await read({ authorization: 'ada' }, 'POST');
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('nodeHandler', () => {
  it('serves HTTP/2, whose method and path are headers', async () => {
    const server = createHttp2Server(
      nodeHandler(usageHandler({ store, path: '/usage', authenticate: () => ({ userId: 'ada' }) })),
    );
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = session.request({ ':path': '/usage?days=1' });
    const status = await new Promise((resolve) => {
      stream.on('response', (headers) => resolve(headers[':status']));
    });
    let body = '';
    for await (const part of stream.setEncoding('utf8')) body += String(part);
    expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ total: 300 })]);
    session.close();
    server.close();
  });

  it('hands to next what breaks, and ends the answer where there is no next', async () => {
    const broken = (): Promise<Response> => Promise.reject(new Error('broken'));
    const app = express();
    app.get('/', nodeHandler(broken));
    app.use((error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(500).send(`told: ${error.message}`);
    });
    await using withNext = await usageServer(app);
    expect(await (await fetch(withNext.url)).text()).toBe('told: broken');
    await using bare = await usageServer(nodeHandler(broken));
    expect((await fetch(bare.url)).status).toBe(500);
  });
});

/** Names in a header that is a list. */
function listOf(header: string | null): readonly string[] {
  return [...new Set((header ?? '').split(',').map((name) => name.trim()))].toSorted();
}
