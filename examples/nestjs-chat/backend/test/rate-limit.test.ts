import { expect, test } from 'vitest';
import { chatAppForTests } from './chat-app.ts';
import { chatUser } from './chat-user.ts';

const app = chatAppForTests({ requestsPerMinute: 30 });

test('whoever guesses passwords is told to wait, while others go on', async () => {
  const guess = () => chatUser(app().url).post('/api/auth/login', { email: 'ada@example.com', password: 'guessing' });
  const statuses = [await guess(), await guess(), await guess()].map(({ status }) => status);
  expect(statuses).toEqual([401, 401, 429]);
  const refused = await guess();
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ statusCode: 429, code: 'too_many_requests' });
  expect((await fetch(`${app().url}/health`)).status).toBe(200);
});

test.for(['/api/auth/login/', '/api/auth/LOGIN', '/API/auth/token/', '/api/auth/register/?x=/'])(
  'another spelling of the address gives no more tries: %s',
  async (path) => {
    const guess = () => chatUser(app().url).post(path, { email: 'ada@example.com', password: 'short' });
    const statuses = [await guess(), await guess(), await guess()].map(({ status }) => status);
    expect(statuses).toEqual([400, 400, 429]);
  },
);
