import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import { chatAnswer } from '../../src/testing/index.ts';
import { readAll } from '../read-all.ts';
import { startProvider } from '../testing/fake-provider-fixture.ts';

it.for([1, 2, 100])('an error event makes the call failed, with %i events per write', async (eventsPerWrite) => {
  const tokens = ['Half', ' of', ' the', ' answer', ' is', ' here'];
  const answer = chatAnswer({ tokens, errorChunk: { afterTokens: 5 }, eventsPerWrite });
  const provider = await startProvider({ answers: [answer] });
  const store = memoryStore();
  const meter = createMeter({ store });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));

  const reading = async (): Promise<void> => {
    const stream = await openai.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    });
    for await (const _ of stream);
  };
  await expect(reading()).rejects.toThrow(OpenAI.APIError);
  await meter.flush();

  const [record] = await readAll(store.records({}));
  expect(record).toMatchObject({ outcome: 'failed', origin: 'estimated' });
  await meter.close();
});
