import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import type { UsageRecord } from '../../../src/index.ts';
import { chatAnswer, errorAnswer, jsonAnswer, recordedAnswer } from '../../../src/testing/index.ts';
import type { FakeProvider, ProviderAnswer } from '../../../src/testing/index.ts';
import { readAll } from '../../read-all.ts';
import { hi, hiStream, startProvider } from '../../testing/fake-provider-fixture.ts';

interface Setting {
  readonly provider: FakeProvider;
  readonly send: typeof fetch;
  readonly openai: OpenAI;
  readonly url: string;
  records(): Promise<UsageRecord[]>;
}

async function metered(...answers: readonly ProviderAnswer[]): Promise<Setting> {
  const provider = await startProvider({ answers });
  const store = memoryStore();
  const meter = createMeter({ store });
  return {
    provider,
    send: meter.fetch(),
    openai: meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 })),
    url: `${provider.baseURL}/chat/completions`,
    async records() {
      await meter.flush();
      return readAll(store.records({}));
    },
  };
}

const silent = chatAnswer({ stall: {} });
const halting = chatAnswer({ tokens: ['a', 'b'], stall: { afterEvents: 2 } });

function abortedIn(ms: number): AbortSignal {
  const host = new AbortController();
  setTimeout(() => host.abort(), ms);
  return host.signal;
}

describe('a time-out is a failure', () => {
  it.for([true, false])('of the SDK, also where it is below a second (stream: %s)', async (stream) => {
    const { openai, records } = await metered(silent);
    const call = openai.chat.completions.create({ ...hi, stream }, { timeout: 150 });
    await expect(call).rejects.toThrow(OpenAI.APIConnectionTimeoutError);
    expect(await records()).toMatchObject([{ outcome: 'failed', origin: 'missing' }]);
  });

  // The SDK names it to the provider only where the call itself has one.
  it.for([true, false])('of the client, and of a clone with another (stream: %s)', async (stream) => {
    const { openai, records } = await metered(silent, silent);
    openai.timeout = 400;
    for (const client of [openai, openai.withOptions({ timeout: 300 })]) {
      const call = client.chat.completions.create({ ...hi, stream });
      await expect(call).rejects.toThrow(OpenAI.APIConnectionTimeoutError);
    }
    expect(await records()).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }]);
  });

  it.for(['stands still', 'goes back'])('and its retry is one of the same call, by a clock that %s', async (how) => {
    const provider = await startProvider({ answers: [silent] });
    let nowMs = Date.now();
    const records: UsageRecord[] = [];
    const meter = createMeter({
      store: memoryStore(),
      clock: () => new Date(how === 'goes back' ? (nowMs -= 60_000) : nowMs),
      onRecord: (record) => void records.push(record),
    });
    const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 1, timeout: 400 }));
    await openai.chat.completions.create(hi);
    expect(records).toMatchObject([
      { outcome: 'failed', attempt: 1 },
      { outcome: 'completed', attempt: 2, callId: records[0]?.callId },
    ]);
  });

  it('but an abort before the client would have given up is a stop', async () => {
    const { openai, records } = await metered(silent, silent);
    for (const client of [openai, openai.withOptions({ timeout: 60_000 })]) {
      const call = client.chat.completions.create(hi, { signal: abortedIn(100) });
      await expect(call).rejects.toThrow(OpenAI.APIUserAbortError);
    }
    expect(await records()).toMatchObject([{ outcome: 'stopped' }, { outcome: 'stopped' }]);
  });

  it.for([
    ['before the headers of a stream', silent, hiStream],
    ['within a stream', halting, hiStream],
    ['before the headers of a plain answer', silent, hi],
  ] as const)('of a signal, %s', async ([, answer, body]) => {
    const { send, url, records } = await metered(answer);
    const reading = async (): Promise<string> => {
      const signal = AbortSignal.timeout(100);
      const response = await send(url, { method: 'POST', body: JSON.stringify(body), signal });
      return response.text();
    };
    await expect(reading()).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }));
    expect(await records()).toMatchObject([{ outcome: 'failed' }]);
  });
});

it.for([undefined, new Error('mine'), 'text'])(
  'an abort of a Request is a stop, with the reason %s',
  async (reason) => {
    const { send, url, records } = await metered(halting);
    const host = new AbortController();
    const request = new Request(url, { method: 'POST', body: JSON.stringify(hiStream), signal: host.signal });
    const response = await send(request);
    const reader = response.body?.getReader();
    await reader?.read();
    host.abort(reason);
    await expect(async () => {
      for (;;) await reader?.read();
    }).rejects.toBe(host.signal.reason);
    expect(await records()).toMatchObject([{ outcome: 'stopped' }]);
  },
);

describe('an error in a stream', () => {
  const chunk = 'data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"Hum"}}]}\n\n';

  it('that only the name of its event tells makes the call failed', async () => {
    const body = `${chunk}event: error\ndata: {"message":"overloaded","code":529}\n\n`;
    const { openai, records } = await metered(recordedAnswer({ body }));
    const reading = async (): Promise<void> => {
      for await (const _ of await openai.chat.completions.create(hiStream));
    };
    await expect(reading()).rejects.toThrow(OpenAI.APIError);
    expect(await records()).toMatchObject([{ outcome: 'failed', origin: 'estimated' }]);
  });

  it('is told by the status of a Response alone, where nothing says why', async () => {
    const response = {
      id: 'r1',
      object: 'response',
      model: 'm',
      status: 'failed',
      error: null,
      usage: { total_tokens: 9 },
    };
    const event = { type: 'response.failed', sequence_number: 1, response };
    const { openai, records } = await metered(
      recordedAnswer({ body: `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n` }),
    );
    for await (const _ of await openai.responses.create({ model: 'm', input: 'Hi', stream: true }));
    expect(await records()).toMatchObject([{ outcome: 'failed', origin: 'reported', tokens: { totalTokens: 9 } }]);
  });

  it('that is an empty text is none', async () => {
    const body = `${chunk.replace('}\n', ',"error":""}\n')}data: [DONE]\n\n`;
    const { openai, records } = await metered(recordedAnswer({ body }));
    for await (const _ of await openai.chat.completions.create(hiStream));
    // What may still come behind the end mark is waited for.
    await expect.poll(records).toMatchObject([{ outcome: 'completed' }]);
  });
});

it.for([
  [
    'a Request',
    (url: string, model: string) => [new Request(url, { method: 'POST', body: JSON.stringify({ model }) })],
  ],
  ['bytes', (url: string, model: string) => [url, { method: 'POST', body: Buffer.from(JSON.stringify({ model })) }]],
] as const)('a call whose body is %s is no retry of another one that failed', async ([, request]) => {
  const { send, url, records } = await metered(errorAnswer({ status: 500 }), jsonAnswer({ body: {} }));
  for (const model of ['a', 'b']) {
    const [input, init] = request(url, model) as [string, RequestInit];
    await (await send(input, init)).text();
  }
  const made = await records();
  expect(made.map(({ attempt }) => attempt)).toEqual([1, 1]);
  expect(new Set(made.map(({ callId }) => callId)).size).toBe(2);
});

it('a retry belongs to its call, however long the attempt before it took', async () => {
  let nowMs = Date.now();
  const fails = errorAnswer({ status: 503, headers: { 'retry-after-ms': '1' } });
  const provider = await startProvider({
    answers: [
      {
        render(request, context) {
          nowMs += 10 * 60_000;
          return fails.render(request, context);
        },
      },
    ],
  });
  const records: UsageRecord[] = [];
  const meter = createMeter({
    store: memoryStore(),
    clock: () => new Date(nowMs),
    onRecord: (record) => void records.push(record),
  });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 1 }));
  await openai.chat.completions.create(hi);
  expect(records).toMatchObject([{ attempt: 1 }, { attempt: 2, callId: records[0]?.callId }]);
});
