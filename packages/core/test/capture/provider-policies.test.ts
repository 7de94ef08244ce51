import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';

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
