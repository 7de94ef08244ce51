import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from '@kilotoken/core';
import { chatAnswer, errorAnswer, type FakeProvider, fakeProvider } from '@kilotoken/core/testing';
import { beforeEach, expect, test } from 'vitest';
import { servedProcess, type ServedProcess } from '../../../test/served-process.ts';

const root = join(import.meta.dirname, '../../..');

let folder: string;
let provider: FakeProvider;
let served: ServedProcess;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'example-express-'));
  provider = await fakeProvider();
  served = await servedProcess(['npm', 'run', '--silent', 'demo:express'], root, {
    PORT: '0',
    OPENAI_BASE_URL: provider.baseURL,
    OPENAI_API_KEY: 'test',
    USAGE_DB: join(folder, 'usage.db'),
    USAGE_JOURNAL: join(folder, 'usage-journal'),
  });
  return async () => {
    await served[Symbol.asyncDispose]();
    await provider.close();
    rmSync(folder, { recursive: true });
  };
});

test('an answer streams, then its usage, then [DONE]; each guest sees what it used, also after the end of the process', async () => {
  const ada = guest();
  const bob = guest();
  const wire = await (await ada.say('one two')).text();
  await (await ada.say('three')).text();
  await (await bob.say('four')).text();

  const [first, ...others] = provider.requests.map(({ reportedUsage }) => reportedUsage);
  const totals = [first, ...others].map((usage) => Number(usage?.['total_tokens']));
  const events = eventsOf(wire);
  expect(textOf(events)).toBe('You said: one two');
  expect(events.at(-2)).toMatchObject({
    choices: [],
    usage: { total_tokens: totals[0] },
    kilotoken: { add: { total: totals[0] } },
  });
  expect(events.at(-1)).toBe('[DONE]');
  const wanted = [(totals[0] ?? 0) + (totals[1] ?? 0), totals[2] ?? 0];
  expect([await ada.total(), await bob.total()]).toEqual(wanted);
  expect(await guest().total()).toBe(0);

  await served.stop('SIGTERM');
  expect(served.lines).toEqual([]);
  expect(await stored()).toMatchObject({ calls: 3, totalTokens: provider.generated.tokens.totalTokens });
});

test('a guest that leaves stops the answer; what it used is counted, once', async () => {
  provider.enqueue(chatAnswer({ tokens: ['Half', ' of', ' it'], stall: { afterEvents: 3 } }));
  const leave = new AbortController();
  const response = await guest().say('hello', leave.signal);
  const reader = response.body!.getReader();
  let text = '';
  while (!text.includes(' of')) text += Buffer.from((await reader.read()).value ?? []).toString();
  leave.abort();
  await provider.requests[0]?.finished;
  expect(provider.requests[0]?.aborted).toBe(true);
  await served.stop('SIGTERM');
  expect(await stored()).toMatchObject({ calls: 1, outcome: 'stopped', origin: 'estimated' });
});

test('shutdown does not wait for an answer that hangs', async () => {
  provider.enqueue(chatAnswer({ tokens: ['Half', ' of', ' it'], stall: { afterEvents: 3 } }));
  const response = await guest().say('hello');
  const wire = response.text();
  await provider.request(1);
  await served.stop('SIGTERM');
  expect(eventsOf(await wire).at(-1)).toBe('[DONE]');
  expect(await stored()).toMatchObject({ calls: 1, outcome: 'stopped' });
});

test('a provider that refuses is 502, one that breaks off is an error in the stream; neither says why', async () => {
  provider.enqueue(
    errorAnswer({ status: 401, message: 'Incorrect API key: secret' }),
    chatAnswer({ tokens: ['Half', ' of', ' it'], cut: { afterEvents: 2 } }),
  );
  const refused = await guest().say('hello');
  expect([refused.status, await refused.json()]).toEqual([502, { error: { message: 'the model did not answer' } }]);
  const wire = await (await guest().say('hello')).text();
  expect(eventsOf(wire).at(-1)).toEqual({ error: { message: 'the model did not answer' } });
});

test('what is no message is answered 400, and reaches no provider', async () => {
  const headers = { 'content-type': 'application/json' };
  const ask = (body: string) => fetch(`${served.url}/api/chat`, { method: 'POST', headers, body });
  const answers = await Promise.all(['{}', '{"message":1}', '{"message":" "}', '{', '[]'].map(ask));
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
  expect(provider.requests).toEqual([]);
});

test('a port that is taken is told in one line', async () => {
  const { port } = new URL(served.url);
  const command = ['npm', 'run', '--silent', 'demo:express', '--', '--port', port];
  await expect(servedProcess(command, root, { USAGE_DB: join(folder, 'other.db') })).rejects.toThrow(
    `:\nlisten EADDRINUSE: address already in use 127.0.0.1:${port}. Choose another with --port.\n`,
  );
});

/** A browser: it keeps its cookie. */
function guest() {
  let cookie = '';
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { 'content-type': 'application/json', ...(cookie === '' ? {} : { cookie }) };
    const response = await fetch(served.url + path, { headers, ...init });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return response;
  };
  return {
    say: (message: string, signal?: AbortSignal) =>
      send('/api/chat', { method: 'POST', body: JSON.stringify({ message }), ...(signal && { signal }) }),
    total: async () => ((await (await send('/api/usage')).json()) as { total: number }).total,
  };
}

function eventsOf(wire: string): unknown[] {
  return wire
    .split('\n\n')
    .slice(0, -1)
    .map((event) => event.replace(/^data: /, ''))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as unknown)));
}

function textOf(events: readonly unknown[]): string {
  const chunks = events as readonly {
    readonly choices?: readonly { readonly delta: { readonly content?: string } }[];
  }[];
  return chunks.map(({ choices }) => choices?.[0]?.delta.content ?? '').join('');
}

async function stored() {
  const store = sqliteStore({ path: join(folder, 'usage.db') });
  try {
    const { calls, tokens } = await store.totals({});
    for await (const { outcome, origin } of store.records({ limit: 1 })) return { calls, ...tokens, outcome, origin };
    return { calls };
  } finally {
    await store.close();
  }
}
