import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import type { UsageRecord } from '../../../src/index.ts';
import { readAll } from '../../read-all.ts';

interface Answer {
  usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
}

const body = '{"id":"a","usage":{"prompt_tokens":7,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":3}}}';

/** Sends one call through a metered `fetch` that answers with `response`. */
async function ask(response: Response): Promise<{ response: Response; records: () => Promise<UsageRecord[]> }> {
  const store = memoryStore();
  const meter = createMeter({ store });
  const fetch = meter.fetch(() => Promise.resolve(response));
  const answer = await fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body: '{"model":"m"}' });
  return {
    response: answer,
    records: async () => {
      await meter.flush();
      return readAll(store.records({}));
    },
  };
}

const jsonResponse = (): Response => new Response(body, { headers: { 'content-type': 'application/json' } });

it('a host that changes the answer it got does not change the record', async () => {
  const { response, records } = await ask(jsonResponse());
  const answer = (await response.json()) as Answer;
  answer.usage.prompt_tokens = 1000;
  answer.usage.prompt_tokens_details.cached_tokens = 1000;
  expect(await records()).toMatchObject([
    { origin: 'reported', rawUsage: { prompt_tokens: 7, prompt_tokens_details: { cached_tokens: 3 } } },
  ]);
});

it.for(['text', 'json', 'arrayBuffer', 'blob', 'bytes', 'clone'] as const)(
  'an answer read by %s is counted, and shows no property of ours',
  async (how) => {
    const given = jsonResponse();
    const keys = Reflect.ownKeys(given);
    const { response, records } = await ask(given);
    expect([response === given, Reflect.ownKeys(response)]).toEqual([true, keys]);
    const read = how === 'clone' ? response.clone().text() : response[how]();
    await read;
    if (how === 'clone') await response.text();
    expect(response.bodyUsed).toBe(true);
    expect(await records()).toMatchObject([{ origin: 'reported', outcome: 'completed', tokens: { inputTokens: 7 } }]);
  },
);

it('an answer that a wrapper beneath has changed is read through that wrapper, and counted', async () => {
  const given = jsonResponse();
  const texts: string[] = [];
  const text = (): Promise<string> => {
    texts.push('read');
    return Response.prototype.text.call(given);
  };
  Object.defineProperty(given, 'text', { configurable: true, value: text });
  const { response, records } = await ask(given);
  expect(await response.json()).toEqual(JSON.parse(body));
  expect(texts).toEqual(['read']);
  expect(await records()).toMatchObject([{ origin: 'reported' }]);
});

it('an answer that is no JSON rejects as a bare one does, and is recorded', async () => {
  const bare = await new Response('oops').json().catch((error: Error) => [error.name, error.message]);
  const { response, records } = await ask(new Response('oops', { headers: { 'content-type': 'application/json' } }));
  const seen: unknown = await response.json().catch((error: Error) => [error.name, error.message]);
  expect(seen).toEqual(bare);
  expect(await records()).toMatchObject([{ origin: 'missing', outcome: 'completed' }]);
});

it('a fetch of the app that gives its answer without a promise is as good as one that does', async () => {
  const meter = createMeter({ store: memoryStore() });
  const fetch = meter.fetch((() => jsonResponse()) as never);
  const response = await fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body: '{}' });
  expect(await response.json()).toMatchObject({ id: 'a' });
});
