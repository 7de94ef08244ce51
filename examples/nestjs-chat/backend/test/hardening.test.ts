import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { errorAnswer, recordedAnswer } from '@kilotoken/core/testing';
import { Logger } from '@nestjs/common';
import { afterEach, expect, test } from 'vitest';
import { chatAppForTests } from './chat-app.ts';
import { chatUser } from './chat-user.ts';

const app = chatAppForTests();

afterEach(() => Logger.overrideLogger([]));

test('1,000 malformed requests get 4xx and no word of what is inside; afterwards everything works', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  const requests = malformedRequests(id);
  let count = 0;
  for (let round = 0; count < 1000; round += 1) {
    const statuses = await Promise.all(
      requests.map(async ({ method = 'POST', path, body, headers = {} }) => {
        const response = await fetch(`${app().url}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${user.token()}`,
            'content-type': 'application/json',
            ...headers,
          },
          ...(method === 'GET' || body === undefined ? {} : { body: body.replaceAll('ROUND', String(round)) }),
        });
        const answer = await response.text();
        expect(answer, `${method} ${path} ${body?.slice(0, 100)}`).not.toMatch(
          /\bat .*[:(]|node_modules|\.ts|Mongo|stack/,
        );
        return { what: `${method} ${path} ${body?.slice(0, 100)} ${answer}`, status: response.status };
      }),
    );
    count += statuses.length;
    expect(statuses.filter(({ status }) => status < 400 || status > 499)).toEqual([]);
  }
  expect(count).toBeGreaterThanOrEqual(1000);
  const { done } = await user.say(id, 'hello');
  expect(done?.message.status).toBe('complete');
  expect(app().provider.requests).toHaveLength(1);
});

test('bytes that are no HTTP are answered 400', async () => {
  const { port, hostname } = new URL(app().url);
  const answers = await Promise.all(
    ['GET / HTTP/9.9\r\n\r\n', '\0\0\0\0\r\n\r\n', 'POST /api/auth/login HTTP/1.1\r\nContent-Length: -1\r\n\r\n'].map(
      async (bytes) => {
        const socket = connect(Number(port), hostname);
        socket.end(bytes);
        return text(socket);
      },
    ),
  );
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 400 [\w ]+\r\nConnection: close\r\n\r\n$/);
});

test('passwords, tokens and keys of providers reach no log', async () => {
  const lines: unknown[] = [];
  const write = (...parts: unknown[]): void => void lines.push(parts);
  Logger.overrideLogger({ log: write, warn: write, error: write, debug: write, verbose: write, fatal: write });
  const user = await app().signUp();
  const { id } = await user.newConversation();
  app().provider.enqueue(errorAnswer({ status: 401, message: 'Incorrect API key: secret-key-of-the-provider' }));
  await user.post(`/api/conversations/${id}/messages`, { content: 'my secret question' });
  const body = JSON.stringify({ error: { message: 'no', code: 'secret-key-of-the-provider\nnext line' } });
  app().provider.enqueue(recordedAnswer({ body, status: 403 }));
  await user.post(`/api/conversations/${id}/messages`, { content: 'my secret question' });
  await chatUser(app().url).post('/api/auth/login', { email: 'user1@example.com', password: 'wrong horse' });
  await app().db.collection('conversations').drop();
  await app().db.command({
    create: 'conversations',
    viewOn: 'users',
    pipeline: [{ $project: { x: { $divide: [1, 0] } } }],
  });
  expect((await user.get('/api/conversations')).status).toBe(500);

  const log = JSON.stringify(lines);
  expect(log).toContain('the provider failed: Error, status 401');
  expect(log).toContain('GET /api/conversations failed');
  for (const secret of ['correct horse', 'wrong horse', 'secret-key', 'my secret question', user.token()]) {
    expect(log).not.toContain(secret);
  }
});

test('a failure of ours is 500 without a word about why', async () => {
  const user = await app().signUp();
  await app().db.collection('conversations').drop();
  await app().db.command({
    create: 'conversations',
    viewOn: 'users',
    pipeline: [{ $project: { x: { $divide: [1, 0] } } }],
  });
  const response = await user.get('/api/conversations');
  expect(await response.json()).toEqual({
    statusCode: 500,
    code: 'internal',
    message: 'something went wrong on our side',
  });
});

test('answers forbid inline code, framing and sniffing, and do not say what runs here', async () => {
  const { headers } = await fetch(`${app().url}/health`);
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';connect-src 'self';" +
      "manifest-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
  );
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.has('x-powered-by')).toBe(false);
});

test('health says what waits to be stored', async () => {
  const response = await fetch(`${app().url}/health`);
  expect(await response.json()).toEqual({ status: 'ok', usage: { pending: 0, queued: 0, dropped: 0 } });
});

interface Malformed {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** Every route with everything it must not take. */
function malformedRequests(id: string): readonly Malformed[] {
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    '1',
    '"text"',
    '[[[[[[',
    '{"a":',
    '{"email":1}',
    '\u0000',
    '{"__proto__":{"x":1}}',
    '{"email":{"$gt":""},"password":{"$gt":""}}',
    '{"email":["a@b.c"],"password":["12345678"]}',
    '{"email":"a@b.c","password":"short"}',
    '{"email":"not an address","password":"long enough"}',
    '{"email":"a@b.c","password":"long enough ROUND","role":"admin"}',
    '{"title":{"$set":1}}',
    '{"title":1}',
    '{"title":""}',
    '{"content":""}',
    '{"content":"   "}',
    '{"content":null}',
    '{"content":{"$ne":1}}',
    '{"content":["x"]}',
    '{"content":"x","role":"system"}',
    `{"content":"${'x'.repeat(8001)}"}`,
    `{"title":"${'x'.repeat(121)}"}`,
    `{"content":"${'x'.repeat(70_000)}"}`,
    '['.repeat(5000),
    `{"email":"${'a'.repeat(300)}@b.co","password":"12345678"}`,
  ];
  const routes = ['/api/auth/register', '/api/auth/login', '/api/auth/token', `/api/conversations/${id}/messages`];
  const ids = ['x', '0', id.slice(1), `${id}0`, '%00', '%E0%A4%A', '..%2f..', '$where', '0'.repeat(24)];
  return [
    ...routes.flatMap((path) => bodies.map((body) => ({ path, body }))),
    ...bodies
      .filter((body) => body !== '')
      .map((body) => ({ method: 'PATCH', path: `/api/conversations/${id}`, body })),
    ...ids.flatMap((wrong) => [
      { method: 'GET', path: `/api/conversations/${wrong}` },
      { method: 'DELETE', path: `/api/conversations/${wrong}` },
      { path: `/api/conversations/${wrong}/messages`, body: '{"content":"hello"}' },
    ]),
    { path: '/api/auth/login', body: '{}', headers: { 'content-type': 'text/plain' } },
    { path: '/api/auth/login', body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { path: '/api/auth/login', body: '{}', headers: { 'content-type': 'application/json; charset=nonsense' } },
    { path: '/api/auth/login', body: '{}', headers: { 'content-encoding': 'gzip' } },
    { path: '/api/auth/login', body: '{}', headers: { 'content-encoding': 'nonsense' } },
    { method: 'GET', path: '/api/nowhere' },
    { method: 'PUT', path: '/api/auth/profile', body: '{}' },
    { method: 'GET', path: '/api/usage?period=%5Bobject%5D' },
    { method: 'GET', path: '/api/usage?days=-1' },
    { method: 'GET', path: '/api/usage?timeZone=Mars/Olympus' },
    { method: 'GET', path: '/api/auth/profile', headers: { authorization: 'Bearer x.y.z' } },
    { method: 'GET', path: '/api/auth/profile', headers: { authorization: `Bearer ${'x'.repeat(10_000)}` } },
    { method: 'GET', path: '/api/conversations', headers: { authorization: '', cookie: 'session=j:{"a":1}' } },
  ];
}
