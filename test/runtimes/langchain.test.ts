import { createMeter, memoryStore, type Meter, type Turn, type UsageStore } from '@kilotoken/core';
import { fakeProvider, type FakeProvider } from '@kilotoken/core/testing';
import { ChatOpenAI } from '@langchain/openai';
import { beforeEach, expect, test } from 'vitest';

const prompt = 'Name three rivers';

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

test('ChatOpenAI of LangChain.js answers as bare, with one exact record for the turn', async () => {
  const bare = await model().invoke(prompt);
  const turn = meter.track({ userId: 'u1' });
  const metered = await model(meter).invoke(prompt, optionsOf(turn));
  expect(metered.content).toBe(bare.content);
  expect(metered.usage_metadata).toEqual(bare.usage_metadata);
  await expectOneRecord(false);
});

test('ChatOpenAI of LangChain.js streams as bare, with one exact record for the turn', async () => {
  const bare = await chunksOf(model());
  const turn = meter.track({ userId: 'u1' });
  expect(await chunksOf(model(meter), optionsOf(turn))).toEqual(bare);
  await expectOneRecord(true);
});

test('a chain that cannot pass options on belongs to the turn it runs in', async () => {
  await model().invoke(prompt);
  const turn = meter.track({ userId: 'u1' });
  await turn.run(() => chunksOf(model(meter)));
  await expectOneRecord(true);
});

/** `invoke` takes request options from `options`, `stream` from the call options themselves. */
function optionsOf({ options }: Turn): NonNullable<Parameters<ChatOpenAI['stream']>[1]> {
  return { ...options, options };
}

function model(through?: Meter): ChatOpenAI {
  const { baseURL } = provider;
  const configuration = through === undefined ? { baseURL } : { baseURL, fetch: through.fetch() };
  return new ChatOpenAI({ model: 'gpt-5-mini', apiKey: 'test', maxRetries: 0, configuration });
}

async function chunksOf(chat: ChatOpenAI, options?: Parameters<ChatOpenAI['stream']>[1]): Promise<unknown[]> {
  const chunks = [];
  for await (const { content, usage_metadata } of await chat.stream(prompt, options)) {
    chunks.push({ content, usage_metadata });
  }
  return chunks;
}

async function expectOneRecord(streamed: boolean): Promise<void> {
  await meter.flush();
  const records = [];
  for await (const record of store.records({})) records.push(record);
  // The bare call cost the same.
  const totalTokens = (provider.generated.tokens.totalTokens ?? 0) / 2;
  expect(records).toMatchObject([
    { streamed, outcome: 'completed', origin: 'reported', tokens: { totalTokens }, attribution: { userId: 'u1' } },
  ]);
}
