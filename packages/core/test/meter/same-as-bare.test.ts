import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import { chatAnswer, errorAnswer } from '../../src/testing/index.ts';
import type { FakeProviderOptions } from '../../src/testing/index.ts';
import { readAll } from '../read-all.ts';
import { startProvider } from '../testing/fake-provider-fixture.ts';

const messages = [{ role: 'user' as const, content: 'Name three rivers' }];

/** Everything a host can see of some calls of a client, in a form that can be compared. */
async function seenThrough(client: OpenAI): Promise<unknown> {
  const plain = await client.chat.completions.create({ model: 'm', messages });
  const {
    data: stream,
    response,
    request_id,
  } = await client.chat.completions.create({ model: 'm', messages, stream: true }).withResponse();
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const raw = await client.chat.completions.create({ model: 'm', messages, stream: true }).asResponse();
  const bytes = await raw.text();
  const asked = await client.chat.completions.create({
    model: 'm',
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  const askedChunks = [];
  for await (const chunk of asked) askedChunks.push(chunk);
  const helper = client.chat.completions.stream({ model: 'm', messages });
  const final = await helper.finalChatCompletion();
  return {
    plain,
    chunks,
    askedChunks,
    bytes,
    final,
    request_id,
    constructor: stream.constructor === asked.constructor,
    controller: stream.controller instanceof AbortController,
    status: response.status,
    headers: stable(response.headers),
    rawHeaders: stable(raw.headers),
    ok: raw.ok,
    type: raw.type,
    bodyUsed: raw.bodyUsed,
  };
}

function stable(headers: Headers): [string, string][] {
  return [...headers].filter(([name]) => !['date', 'x-request-id', 'openai-processing-ms'].includes(name));
}

const fixed: FakeProviderOptions = { clock: () => new Date('2026-11-22T10:00:00Z') };

describe('a wrapped client', () => {
  it('shows its host byte for byte what a bare one shows, while usage was asked for on the wire', async () => {
    const [bare, metered] = [await startProvider(fixed), await startProvider(fixed)];
    const store = memoryStore();
    const meter = createMeter({ store });
    const clientOf = (baseURL: string): OpenAI => new OpenAI({ baseURL, apiKey: 'test', maxRetries: 0 });
    const client = clientOf(metered.baseURL);

    expect(meter.wrap(client)).toBe(client);
    expect(await seenThrough(client)).toEqual(await seenThrough(clientOf(bare.baseURL)));

    const asked = (provider: typeof bare): unknown[] =>
      provider.requests.map(({ body }) => (body as { stream_options?: unknown }).stream_options);
    const yes = { include_usage: true };
    expect(asked(bare)).toEqual([undefined, undefined, undefined, yes, undefined]);
    expect(asked(metered)).toEqual([undefined, yes, yes, yes, yes]);

    await meter.flush();
    const totals = await store.totals({});
    expect(totals.calls).toBe(5);
    expect(totals.tokens.totalTokens).toBe(metered.generated.tokens.totalTokens);
    expect(totals.byOrigin).toMatchObject({ reported: { calls: 5 } });
    await meter.close();
  });

  it('passes on the error of a provider that fails, and records the attempt with its outcome', async () => {
    const failing: FakeProviderOptions = { handle: () => errorAnswer({ status: 500 }) };
    const provider = await startProvider(failing);
    const store = memoryStore();
    const meter = createMeter({ store });
    const options = { baseURL: provider.baseURL, apiKey: 'test', maxRetries: 1 };
    const errorOf = async (client: OpenAI): Promise<unknown> =>
      client.chat.completions.create({ model: 'm', messages }).then(
        () => undefined,
        (error: unknown) => error,
      );
    const bare = (await errorOf(new OpenAI(options))) as InstanceType<typeof OpenAI.APIError>;
    const seen = (await errorOf(meter.wrap(new OpenAI(options)))) as InstanceType<typeof OpenAI.APIError>;

    expect(seen).toBeInstanceOf(OpenAI.InternalServerError);
    const fieldsOf = (error: object): unknown => ({
      ...Object.fromEntries(Object.entries(error)),
      headers: 0,
      requestID: 0,
    });
    expect(fieldsOf(seen)).toEqual(fieldsOf(bare));
    expect(seen.message).toBe(bare.message);

    await meter.flush();
    const records = await readAll(store.records({}));
    expect(records.map(({ attempt, outcome, origin }) => ({ attempt, outcome, origin }))).toEqual([
      { attempt: 1, outcome: 'failed', origin: 'missing' },
      { attempt: 2, outcome: 'failed', origin: 'missing' },
    ]);
    expect(new Set(records.map(({ callId }) => callId)).size).toBe(1);
    await meter.close();
  });

  it('stays the client it was where KILOTOKEN_DISABLED is set', async () => {
    const provider = await startProvider();
    const store = memoryStore();
    const client = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' });
    const members = Object.getOwnPropertyDescriptors(client);
    process.env['KILOTOKEN_DISABLED'] = '1';
    try {
      const meter = createMeter({ store });
      expect(meter.wrap(client)).toBe(client);
      expect(Object.getOwnPropertyDescriptors(client)).toEqual(members);
      const mock = { chat: { completions: { create: () => Promise.resolve({}) } } };
      expect(meter.wrap(mock)).toBe(mock);
      await client.chat.completions.create({ model: 'm', messages }, meter.track({ userId: 'u' }).options);
      await meter.flush();
    } finally {
      delete process.env['KILOTOKEN_DISABLED'];
    }
    expect((await store.totals({})).calls).toBe(0);
  });

  it('counts for the turn whose options a call carries, and tells the provider nothing of it', async () => {
    const provider = await startProvider({
      answers: [chatAnswer({ text: 'one two three' }), chatAnswer({ text: 'four' })],
    });
    const store = memoryStore();
    const meter = createMeter({ store });
    const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }));
    const turn = meter.track({ userId: 'u1', conversationId: 'c1', messageId: 'm1', tags: { feature: 'chat' } });
    const other = meter.track({ userId: 'u2' });

    const stream = await openai.chat.completions.create(
      { model: 'm', messages, stream: true },
      turn.with({ headers: { 'x-own': 'kept' } }),
    );
    for await (const _ of stream);
    await openai.chat.completions.create({ model: 'm', messages }, other.options);

    const usage = await turn.usage();
    expect(usage).toMatchObject({
      calls: 1,
      complete: true,
      tokens: { inputTokens: 3, outputTokens: 3, totalTokens: 6 },
    });
    expect(await turn.stored()).toEqual({ stored: 1, pending: 0 });
    expect((await store.totals({ userId: 'u1', messageId: 'm1', tags: { feature: 'chat' } })).tokens.totalTokens).toBe(
      6,
    );
    expect((await store.totals({ userId: 'u2' })).calls).toBe(await other.stored().then(() => 1));
    expect(provider.requests[0]?.headers['x-own']).toBe('kept');
    const names = provider.requests.flatMap(({ headers }) => Object.keys(headers));
    expect(names.filter((name) => name.includes('kilotoken'))).toEqual([]);
    await meter.close();
  });
});
