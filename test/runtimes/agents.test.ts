import { createMeter, memoryStore } from '@kilotoken/core';
import { chatAnswer, fakeProvider, type FakeProvider } from '@kilotoken/core/testing';
import {
  Agent,
  OpenAIProvider,
  Runner,
  setDefaultOpenAIClient,
  setOpenAIAPI,
  setTracingDisabled,
  tool,
} from '@openai/agents';
import OpenAI from 'openai';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';

setTracingDisabled(true);

const apis = ['chat_completions', 'responses'] as const;
const store = memoryStore();
const meter = createMeter({ store });

let provider: FakeProvider;
beforeEach(async () => {
  provider = await fakeProvider({ clock: () => new Date('2026-11-22T10:00:00Z') });
  return () => provider.close();
});

const height = tool({
  name: 'height_of',
  description: 'Tells how high a mountain is',
  parameters: z.object({ mountain: z.string() }),
  execute: ({ mountain }) => `${mountain}: 8849 m`,
});
const guide = new Agent({ name: 'Guide', instructions: 'Answer in one line', model: 'gpt-5-mini' });
const climber = new Agent({ name: 'Climber', model: 'gpt-5-mini', tools: [height] });

/** A run as the app sees it: what it streamed, what it ended with, and what the agent counted itself. */
async function seen(runner: Pick<Runner, 'run'>, agent: typeof guide): Promise<unknown> {
  const result = await runner.run(agent, 'How high is Mount Everest?', { stream: true });
  const text = [];
  for await (const part of result.toTextStream()) text.push(part);
  await result.completed;
  const { requests, totalTokens } = result.runContext.usage;
  return { text, output: result.finalOutput, history: result.history.length, requests, totalTokens };
}

function client(): OpenAI {
  return new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 });
}

/** How many records a user has, and what they come to. */
async function recorded(userId: string): Promise<unknown> {
  await meter.flush();
  const { calls, tokens } = await store.totals({ userId });
  return { requests: calls, totalTokens: tokens.totalTokens };
}

test.for(apis)('an agent on %s runs as bare, and each request of it is a record of the turn', async (api) => {
  const runner = (openAIClient: OpenAI): Runner =>
    new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses: api === 'responses' }) });
  const bare = await seen(runner(client()), guide);
  const turn = meter.track({ userId: api });
  expect(await turn.run(() => seen(runner(meter.wrap(client())), guide))).toEqual(bare);
  expect(bare).toMatchObject((await recorded(api)) as object);
});

test('an agent that uses a tool makes two requests, both of its turn', async () => {
  const runner = (openAIClient: OpenAI): Runner =>
    new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses: false }) });
  const call = { name: 'height_of', arguments: { mountain: 'Mount Everest' } };
  const answers = [chatAnswer({ toolCalls: [call] }), chatAnswer({ text: 'It is 8849 m' })];
  provider.enqueue(...answers, ...answers);
  const bare = await seen(runner(client()), climber);
  const turn = meter.track({ userId: 'climber' });
  expect(await turn.run(() => seen(runner(meter.wrap(client())), climber))).toEqual(bare);
  expect(bare).toMatchObject({ output: 'It is 8849 m', requests: 2 });
  expect(bare).toMatchObject((await recorded('climber')) as object);
});

test('the default client of all agents may be a metered one', async () => {
  setDefaultOpenAIClient(meter.wrap(client()));
  setOpenAIAPI('chat_completions');
  const turn = meter.track({ userId: 'default' });
  const result = await turn.run(() => seen(new Runner(), guide));
  expect(result).toMatchObject({ requests: 1 });
  expect(result).toMatchObject((await recorded('default')) as object);
});
