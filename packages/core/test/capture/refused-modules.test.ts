import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createMeter, isMeterError, jsonlSink, memoryStore, sqliteStore } from '../../src/index.ts';
import { hiStream } from '../testing/fake-provider-fixture.ts';

const native = globalThis.fetch;
const globals = globalThis as { AsyncLocalStorage?: unknown };

// As in the edge runtime of Next: the function is there, and throws; the class is a global.
beforeEach(() => {
  vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
    throw new Error('A Node.js API is used (process.getBuiltinModule) which is not supported in the Edge Runtime.');
  });
  globals.AsyncLocalStorage = AsyncLocalStorage;
});
afterEach(() => {
  vi.restoreAllMocks();
  globalThis.fetch = native;
  delete globals.AsyncLocalStorage;
});

const event = 'data: {"choices":[],"usage":{"prompt_tokens":3,"total_tokens":5}}\n\n';
const answer = (): Promise<Response> =>
  Promise.resolve(new Response(`${event}data: [DONE]\n\n`, { headers: { 'content-type': 'text/event-stream' } }));

it('calls, turns and answers do without the modules of Node', async () => {
  const store = memoryStore();
  const meter = createMeter({ store });
  const send = meter.fetch();
  globalThis.fetch = answer;
  const turn = meter.track({ userId: 'u1' });
  const request = { method: 'POST', body: JSON.stringify(hiStream) };
  const response = await turn.run(() => send('http://localhost/v1/chat/completions', request));
  const copy = response.clone();
  expect(response.bodyUsed).toBe(false);
  expect([await copy.text(), await response.text()]).toEqual(['data: [DONE]\n\n', 'data: [DONE]\n\n']);
  expect(response.bodyUsed).toBe(true);
  await turn.stored();
  expect((await store.totals({ userId: 'u1' })).tokens.totalTokens).toBe(5);
});

it('what cannot do without them says so', () => {
  delete globals.AsyncLocalStorage;
  const store = memoryStore();
  const uses = {
    'turn.run': () => createMeter({ store }).track({}).run(answer),
    sqliteStore: () => sqliteStore({ path: ':memory:' }),
    journal: () => createMeter({ store, journal: { path: 'journal' } }),
    jsonlSink: () => jsonlSink({ path: 'usage.jsonl' }),
  };
  for (const [name, use] of Object.entries(uses)) {
    let thrown: unknown;
    try {
      void use();
    } catch (error) {
      thrown = error;
    }
    expect(isMeterError(thrown) && thrown.code, name).toBe('unsupported');
  }
});
