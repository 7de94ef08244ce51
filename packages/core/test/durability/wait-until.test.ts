import { expect, it } from 'vitest';
import { meteredApp, storedMessages } from './metered-app.ts';

it('gives waitUntil a promise inside of the request, which settles when the record is in the store', async () => {
  const given: Promise<unknown>[] = [];
  let isInCall = false;
  const app = await meteredApp({
    queue: { flushIntervalMs: 600_000 },
    waitUntil(promise) {
      expect(isInCall).toBe(true);
      given.push(promise);
    },
  });
  const metered = app.meter.fetch((input, init) => {
    expect(given.length).toBe(1);
    return fetch(input, init);
  });
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true });
  isInCall = true;
  const answering = metered(`${app.provider.baseURL}/chat/completions`, { method: 'POST', body });
  isInCall = false;
  expect(given.length).toBe(1);
  const [promise] = given;
  const isSettled = watch(promise);

  const response = await answering;
  expect(await isSettled()).toBe(false);
  expect(await response.text()).toContain('[DONE]');
  await promise;
  expect((await storedMessages(app.store)).length).toBe(1);
});

it('settles the promise of a call that fails, of one that is left, and of one that makes no record', async () => {
  const given: Promise<unknown>[] = [];
  const app = await meteredApp({ waitUntil: (promise) => void given.push(promise) });
  const refused = app.meter.fetch()('http://127.0.0.1:1/v1/chat/completions', { method: 'POST', body: '{}' });
  await expect(refused).rejects.toThrow('fetch failed');
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const stream = await app.openai.chat.completions.create({ model: 'm', messages, stream: true });
  for await (const _ of stream) break;
  await app.openai.models.list();
  await Promise.all(given);
  expect(given.length).toBeGreaterThanOrEqual(2);
  expect((await storedMessages(app.store)).length).toBe(2);
});

it.for([
  ['throws', (): never => outside()],
  ['is async and rejects', (): Promise<never> => Promise.resolve().then(outside)],
] as const)('calls go on where waitUntil %s', async ([, waitUntil]) => {
  // oxlint-disable-next-line typescript/no-misused-promises -- what the type forbids and apps do
  const app = await meteredApp({ waitUntil });
  const { text, turn } = await app.chat('m1');
  expect(text).toBe('You said: Hi');
  expect(await turn.stored()).toEqual({ stored: 1, pending: 0 });
  expect(app.errors.map(({ code }) => code)).toEqual(['metering_failed']);
});

function outside(): never {
  throw new Error('outside of a request');
}

/** Whether it has settled by the time all that can run now has run. */
function watch(promise: Promise<unknown> | undefined): () => Promise<boolean> {
  let hasSettled = false;
  void promise?.then(() => {
    hasSettled = true;
  });
  return async () => {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    return hasSettled;
  };
}
