// A process that ends while a lookup waits for its first try; prints what it has recorded.
import OpenAI from 'openai';
import { createMeter, memoryStore } from '@kilotoken/core';
import { chatAnswer, fakeProvider } from '@kilotoken/core/testing';

const provider = await fakeProvider({
  answers: [chatAnswer({ text: 'one two three', usageWhen: 'never', headers: { 'x-generation-id': 'gen-1' } })],
});
const meter = createMeter({ store: memoryStore(), stop: { policy: 'lookup', waitsMs: [600_000] } });
const baseURL = 'https://openrouter.ai/api/v1';
const reroute: typeof fetch = (input, init) =>
  fetch((input as string).replace(new URL(baseURL).origin, new URL(provider.baseURL).origin), init);
const openai = meter.wrap(new OpenAI({ apiKey: 'test', baseURL, fetch: reroute }));
const stream = await openai.chat.completions.create({
  model: 'm',
  messages: [{ role: 'user', content: 'Hi' }],
  stream: true,
});
for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
await provider.close();
process.on('exit', () => process.stdout.write(JSON.stringify(meter.stats())));
