import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { usageChunk } from '../../src/browser/frame/usage-chunk.ts';
import { usageHandler } from '../../src/browser/handler/usage-handler.ts';
import { createMeter } from '../../src/create-meter.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import { chatAnswer, fakeProvider } from '../../src/testing/index.ts';

it('the frame of a streamed reply and the snapshot read after it say the same', async () => {
  await using provider = await fakeProvider({ answers: [chatAnswer({ text: 'One two three' })] });
  const store = sqliteStore({ path: ':memory:' });
  const meter = createMeter({ store });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }));
  const turn = meter.track({ userId: 'ada', messageId: 'm1' });
  const stream = await openai.chat.completions.create(
    { model: 'secret-model', messages: [{ role: 'user', content: 'Count to three' }], stream: true },
    turn.options,
  );
  let answerId = '';
  for await (const { id } of stream) answerId = id;
  await turn.stored();

  const handler = usageHandler({ store, authenticate: () => ({ userId: 'ada' }), last: true });
  const text = await (await handler(new Request('http://host/usage'))).text();
  const chunk = usageChunk(await turn.usage(), { total: await store.totals({ userId: 'ada' }) });
  expect(JSON.parse(text)).toMatchObject({
    rev: chunk.kilotoken.rev,
    total: 6,
    counts: { input: 3, output: 3 },
    last: { id: chunk.kilotoken.id, total: chunk.kilotoken.add.total },
  });
  expect(chunk).toMatchObject({ id: answerId, kilotoken: { id: 'm1', rev: 1, total: 6, add: { total: 6 } } });
  expect(text + JSON.stringify(chunk)).not.toMatch(/secret|usd|cost|amount/i);
  await meter.close();
  await store.close();
});
