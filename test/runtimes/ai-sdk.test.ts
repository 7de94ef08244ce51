import { createOpenAI } from '@ai-sdk/openai';
import { createMeter, memoryStore, type Meter, type UsageRecord, type UsageStore } from '@kilotoken/core';
import { chatAnswer, fakeProvider, type FakeProvider, responsesAnswer } from '@kilotoken/core/testing';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { beforeEach, describe, expect, test } from 'vitest';

const prompt = 'Name three rivers';
const surfaces = ['chat', 'responses'] as const;

let provider: FakeProvider;
let store: UsageStore;
let meter: Meter;

beforeEach(async () => {
  provider = await fakeProvider();
  store = memoryStore();
  meter = createMeter({ store });
  return async () => {
    await meter.close();
    await provider.close();
  };
});

describe.for(surfaces)('the %s models of the AI SDK', (surface) => {
  test('generate the same text as bare, with one exact record for the turn', async () => {
    const bare = await generateText({ model: model(surface), prompt });
    const turn = meter.track({ userId: 'u1', messageId: 'm1' });
    const metered = await generateText({ model: model(surface, meter), prompt, ...turn.options });

    expect(metered.text).toBe(bare.text);
    expect(metered.usage).toEqual(bare.usage);
    await expectOneRecord({ outcome: 'completed', origin: 'reported', streamed: false });
    expect(await turn.usage()).toMatchObject({ calls: 1, tokens: { totalTokens: metered.usage.totalTokens } });
  });

  test('stream the same parts as bare, with one exact record for the turn', async () => {
    const bare = await partsOf(streamText({ model: model(surface), prompt }));
    const turn = meter.track({ userId: 'u1', messageId: 'm1' });
    const metered = await partsOf(streamText({ model: model(surface, meter), prompt, ...turn.options }));

    expect(metered).toEqual(bare);
    await expectOneRecord({ outcome: 'completed', origin: 'reported', streamed: true });
  });

  test('stop at an abort, with one record that says so', async () => {
    const stall = { afterEvents: 6 };
    const text = 'one two three four five six seven eight';
    provider.enqueue(surface === 'chat' ? chatAnswer({ text, stall }) : responsesAnswer({ text, stall }));
    const abort = new AbortController();
    const turn = meter.track({ userId: 'u1', messageId: 'm1' });
    const options = { model: model(surface, meter), prompt, abortSignal: abort.signal, ...turn.options };
    const { textStream } = streamText(options);
    for await (const _ of textStream) abort.abort();

    const request = await provider.request(1);
    await request.finished;
    expect(request.aborted).toBe(true);
    await expectOneRecord({ outcome: 'stopped', streamed: true });
  });
});

test('a call of the AI SDK that runs a tool makes one record per request, all for the turn', async () => {
  const call = { name: 'depth', arguments: { river: 'Rhine' } };
  provider.enqueue(chatAnswer({ toolCalls: [call] }), chatAnswer({ text: 'Deep enough' }));
  const depth = tool({ inputSchema: jsonSchema({ type: 'object' }), execute: () => 'two metres' });
  const turn = meter.track({ userId: 'u1' });
  const options = { prompt, tools: { depth }, stopWhen: stepCountIs(3), ...turn.options };
  const { text, totalUsage } = await generateText({ model: model('chat', meter), ...options });

  expect(text).toBe('Deep enough');
  const { calls, records, tokens } = await turn.usage();
  expect({ calls, records: records.length }).toEqual({ calls: 2, records: 2 });
  expect(tokens.totalTokens).toBe(provider.generated.tokens.totalTokens);
  expect(tokens.totalTokens).toBe(totalUsage.totalTokens);
});

function model(surface: (typeof surfaces)[number], through?: Meter): ReturnType<ReturnType<typeof createOpenAI>> {
  const options = { baseURL: provider.baseURL, apiKey: 'test' };
  const openai = createOpenAI(through === undefined ? options : { ...options, fetch: through.fetch() });
  return openai[surface]('gpt-5-mini');
}

/** All parts of a stream, without what differs from call to call. */
async function partsOf({ fullStream }: { readonly fullStream: AsyncIterable<object> }): Promise<unknown[]> {
  const parts = [];
  for await (const part of fullStream) parts.push(part);
  const volatile = new Set(['id', 'timestamp', 'headers', 'responseId', 'itemId', 'messageId', 'callId']);
  return JSON.parse(
    JSON.stringify(parts, (key, value: unknown) =>
      volatile.has(key) || /Ms$|PerSecond$/.test(key) ? undefined : value,
    ),
  ) as unknown[];
}

async function expectOneRecord(expected: Partial<UsageRecord>): Promise<void> {
  await meter.flush();
  const records = [];
  for await (const record of store.records({})) records.push(record);
  expect(records).toHaveLength(1);
  const exact = expected.origin === 'reported' ? { tokens: sizeOfCall(records.length) } : {};
  expect(records[0]).toMatchObject({ ...expected, ...exact, attribution: { userId: 'u1', messageId: 'm1' } });
}

/** What the provider says its last call cost: all of its calls here cost the same. */
function sizeOfCall(calls: number): { readonly totalTokens: number } {
  const { tokens } = provider.generated;
  return { totalTokens: (tokens.totalTokens ?? 0) / (provider.requests.length / calls) };
}
