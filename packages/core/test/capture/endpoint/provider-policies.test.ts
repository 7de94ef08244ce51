import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import { readAll } from '../../read-all.ts';

it.for<[host: string, asks: boolean]>([
  ['api.openai.com', true],
  ['eu.api.openai.com', true],
  ['kettle.openai.azure.com', true],
  ['openrouter.ai', true],
  ['api.groq.com', true],
  ['gateway.example', true],
  // No one's host but their own.
  ['notmistral.ai', true],
  ['api.mistral.ai', false],
  ['codestral.mistral.ai', false],
  ['api.deepseek.com', false],
  ['api.perplexity.ai', false],
  ['generativelanguage.googleapis.com', false],
  ['aiplatform.googleapis.com', false],
  ['europe-west4-aiplatform.googleapis.com', false],
])('%s is asked for usage: %s', async ([host, asks]) => {
  const sent: unknown[] = [];
  const meter = createMeter({ store: memoryStore() });
  const fetch = meter.fetch((_input, init) => {
    sent.push(init?.body);
    return Promise.resolve(new Response('data: [DONE]\n\n', { headers: { 'content-type': 'text/event-stream' } }));
  });
  const body = '{"model":"m","stream":true}';
  await fetch(`https://${host}/v1/chat/completions`, { method: 'POST', body }).then((response) => response.text());
  expect(sent).toEqual([asks ? '{"model":"m","stream":true,"stream_options":{"include_usage":true}}' : body]);
  await meter.close();
});

it.for<[host: string, model: string, cardId: string]>([
  ['api.openai.com', 'gpt-5-mini', 'openai/gpt-5-mini'],
  ['kettle.openai.azure.com', 'gpt-4o-2024-08-06', 'openai/gpt-4o'],
  ['api.anthropic.com', 'claude-opus-5', 'anthropic/claude-opus-5'],
  ['generativelanguage.googleapis.com', 'models/gemini-2.5-pro', 'google/gemini-2.5-pro'],
  ['europe-west4-aiplatform.googleapis.com', 'google/gemini-2.5-pro', 'google/gemini-2.5-pro'],
  ['us-east-1.api.x.ai', 'grok-4.3', 'x-ai/grok-4.3'],
  ['api.deepseek.com', 'deepseek-v4-pro', 'deepseek/deepseek-v4-pro'],
  ['api.mistral.ai', 'mistral-large-2512', 'mistral/mistral-large-2512'],
  ['api.groq.com', 'openai/gpt-oss-120b', 'groq/openai/gpt-oss-120b'],
  ['api.together.xyz', 'Qwen/Qwen1.5-72B', 'together/Qwen/Qwen1.5-72B'],
  ['api.fireworks.ai', 'accounts/fireworks/models/kimi-k3', 'fireworks/kimi-k3'],
  ['api.cerebras.ai', 'gpt-oss-120b', 'cerebras/gpt-oss-120b'],
  ['api.moonshot.cn', 'kimi-k3', 'moonshotai/kimi-k3'],
  ['api.novita.ai', 'deepseek/deepseek-r1', 'novita/deepseek/deepseek-r1'],
  ['api.cohere.ai', 'command-a-03-2025', 'cohere/command-a'],
  ['api.cohere.com', 'command-a-03-2025', 'cohere/command-a'],
  ['openrouter.ai', 'openai/gpt-5-mini', 'openai/gpt-5-mini'],
  ['ai-gateway.vercel.sh', 'anthropic/claude-opus-5', 'anthropic/claude-opus-5'],
  ['gateway.ai.cloudflare.com', 'openai/gpt-5-mini', 'openai/gpt-5-mini'],
])('a call to %s has the price of its provider: %s', async ([host, model, cardId]) => {
  const store = memoryStore();
  const meter = createMeter({ store });
  const answer = { model, choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } };
  const fetch = meter.fetch(() => Promise.resolve(Response.json(answer)));
  const call = { method: 'POST', body: `{"model":"m"}` };
  await fetch(`https://${host}/v1/chat/completions`, call).then((response) => response.text());
  await meter.close();
  expect(await readAll(store.records({}))).toMatchObject([{ cost: { basis: 'card', cardId } }]);
});
