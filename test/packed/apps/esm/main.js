import { createMeter, memoryStore } from '@kilotoken/core';
import { fakeProvider } from '@kilotoken/core/testing';
import OpenAI from 'openai';

const provider = await fakeProvider();
const store = memoryStore();
const meter = createMeter({ store });
const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }));

const stream = await openai.chat.completions.create(
  { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Name three rivers' }], stream: true },
  meter.track({ userId: 'u1' }).options,
);
let text = '';
let foreignChunks = 0;
for await (const chunk of stream) {
  text += chunk.choices[0]?.delta.content ?? '';
  if ('usage' in chunk || chunk.choices.length === 0) foreignChunks += 1;
}
await meter.flush();

const { calls, tokens } = await store.totals({ userId: 'u1' });
console.log(JSON.stringify({ text, foreignChunks, totals: { calls, tokens }, reported: provider.reported }));

await meter.close();
await store.close();
await provider.close();
