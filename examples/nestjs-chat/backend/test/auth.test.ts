import { createHmac } from 'node:crypto';
import { Long, ObjectId } from 'mongodb';
import { expect, test } from 'vitest';
import { AuthService } from '../src/auth/auth.service.ts';
import { chatAppForTests } from './chat-app.ts';
import { chatUser } from './chat-user.ts';

const app = chatAppForTests({ jwtSecret: 'a secret for tests that is long enough' });
const credentials = { email: 'ada@example.com', password: 'correct horse' };
const shown = ['createdAt', 'email', 'id', 'totalCompletionTokens', 'totalPromptTokens', 'totalTokensUsed'];

test('of a user nothing leaves the database but address, date and totals', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  await user.say(id, 'hello');
  const profile = await user.profile();
  const seen = await app().nest.get(AuthService, { strict: false }).userById(profile.id);
  expect(Object.keys(profile).toSorted()).toEqual(shown);
  expect(seen).toEqual(profile);
});

test('totals beyond 32 bits are numbers', async () => {
  const user = await app().signUp();
  await app()
    .db.collection('users')
    .updateOne({}, { $set: { totalTokensUsed: Long.fromNumber(2 ** 52 + 1) } });
  expect(await user.profile()).toMatchObject({ totalTokensUsed: 2 ** 52 + 1, totalPromptTokens: 0 });
});

test('the session cookie is out of reach of scripts and of other sites', async () => {
  const response = await chatUser(app().url).post('/api/auth/register', credentials);
  expect(await response.json()).toMatchObject({ email: credentials.email, totalTokensUsed: 0 });
  const cookie = response.headers.get('set-cookie');
  expect(cookie).toMatch(/^session=[\w.-]+; Max-Age=604800; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
});

test('signing in takes the address in any case; wrong passwords and unknown addresses look the same', async () => {
  await chatUser(app().url).post('/api/auth/register', credentials);
  const user = chatUser(app().url);
  const wrong = await user.post('/api/auth/login', { ...credentials, password: 'wrong horse' });
  const unknown = await user.post('/api/auth/login', { ...credentials, email: 'eve@example.com' });
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  expect(await wrong.text()).toBe(await unknown.text());
  expect((await user.get('/api/auth/profile')).status).toBe(401);
  expect((await user.post('/api/auth/login', { ...credentials, email: ' Ada@Example.com ' })).status).toBe(200);
  expect((await user.profile()).email).toBe(credentials.email);
  expect((await user.post('/api/auth/register', credentials)).status).toBe(409);
});

test('after signing out the browser is nobody', async () => {
  const user = await app().signUp();
  expect((await user.post('/api/auth/logout')).status).toBe(204);
  expect((await user.get('/api/auth/profile')).status).toBe(401);
});

test('a program signs in with a bearer token, from anywhere, and gets no cookie', async () => {
  await chatUser(app().url).post('/api/auth/register', credentials);
  const plain = (path: string, init: RequestInit = {}) => fetch(`${app().url}${path}`, { method: 'POST', ...init });
  const answer = await plain('/api/auth/token', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credentials),
  });
  const { token } = (await answer.json()) as { token: string };
  expect(answer.headers.has('set-cookie')).toBe(false);
  const created = await plain('/api/conversations', { headers: { authorization: `Bearer ${token}` } });
  expect(created.status).toBe(201);
});

test('a request that another site makes a browser send changes nothing', async () => {
  const user = await app().signUp();
  const from = (headers: Record<string, string>) => user.post('/api/conversations', {}, { headers });
  const answers = await Promise.all([
    from({ origin: 'https://evil.example' }),
    from({ origin: 'null' }),
    from({ origin: '' }),
    from({ 'sec-fetch-site': 'cross-site' }),
    from({ 'sec-fetch-site': 'same-site' }),
    from({ origin: `${app().url}.evil.example` }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403]);
  expect(await app().db.collection('conversations').countDocuments()).toBe(0);
  expect((await from({ origin: 'http://elsewhere', 'sec-fetch-site': 'same-origin' })).status).toBe(201);
  const login = await chatUser(app().url).post('/api/auth/login', credentials, { headers: { origin: 'https://evil' } });
  expect(login.status).toBe(403);
});

test('forged, unsigned and outdated tokens, and those of deleted users, are nobody', async () => {
  const user = await app().signUp();
  const { id } = await user.profile();
  const far = Math.floor(Date.now() / 1000) + 1000;
  const secret = 'a secret for tests that is long enough';
  const ask = async (token: string) =>
    (await fetch(`${app().url}/api/auth/profile`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await ask(jwt({ alg: 'HS256' }, { sub: id, exp: far }, secret))).toBe(200);
  expect(await ask(jwt({ alg: 'HS256' }, { sub: id, exp: far }, 'another secret'))).toBe(401);
  expect(await ask(jwt({ alg: 'none' }, { sub: id, exp: far }))).toBe(401);
  expect(await ask(jwt({ alg: 'HS256' }, { sub: id, exp: 1 }, secret))).toBe(401);
  expect(await ask(jwt({ alg: 'HS256' }, { sub: 'me', exp: far }, secret))).toBe(401);
  expect(await ask(jwt({ alg: 'HS256' }, { sub: { $ne: 1 }, exp: far }, secret))).toBe(401);
  await app()
    .db.collection<{ _id: ObjectId }>('users')
    .deleteOne({ _id: new ObjectId(id) });
  expect(await ask(user.token())).toBe(401);
});

test('passwords are stored as salted hashes', async () => {
  await app().signUp();
  await app().signUp();
  const users = await app().db.collection('users').find().toArray();
  const hashes = users.map(({ passwordHash }) => String(passwordHash));
  expect(new Set(hashes)).toHaveLength(2);
  for (const hash of hashes) expect(hash).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/);
  expect(JSON.stringify(users)).not.toContain('correct horse');
});

function jwt(header: object, payload: object, secret?: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part(header)}.${part(payload)}`;
  const signature = secret === undefined ? '' : createHmac('sha256', secret).update(content).digest('base64url');
  return `${content}.${signature}`;
}
