import { createMeter, memoryStore, type UsageRecord } from '@kilotoken/core';
import { fakeProvider } from '@kilotoken/core/testing';
import OpenAI from 'openai';

const provider = await fakeProvider();
const store = memoryStore();
const seen: UsageRecord[] = [];
const meter = createMeter({ store, onRecord: (record) => seen.push(record) });
const openai: OpenAI = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }));

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

const { calls, tokens } = await store.totals({ userId: seen[0]?.attribution.userId ?? null });
console.log(JSON.stringify({ text, foreignChunks, totals: { calls, tokens }, reported: provider.reported }));

await meter.close();
await store.close();
await provider.close();
