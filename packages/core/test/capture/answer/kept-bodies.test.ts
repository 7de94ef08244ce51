import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import { chatAnswer, recordedAnswer } from '../../../src/testing/index.ts';
import { readAll } from '../../read-all.ts';
import { hiStream, startProvider } from '../../testing/fake-provider-fixture.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const seen = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n';
const body = seen.replace('data: [', 'data: {"choices":[],"usage":{"prompt_tokens":3,"total_tokens":5}}\n\ndata: [');

/** What a host may keep of an answer while it lets go of the response itself. */
const parts: readonly (readonly [name: string, part: (response: Response) => () => Promise<string>])[] = [
  [
    'the body',
    ({ body: kept }) =>
      () =>
        new Response(kept).text(),
  ],
  ['a reader', ({ body: kept }) => readOut(kept?.getReader() as ReadableStreamDefaultReader<Uint8Array>)],
  ['a half of its body', ({ body: kept }) => textOf(kept?.tee()[0])],
  ['a piped body', ({ body: kept }) => textOf(kept?.pipeThrough(new TransformStream()))],
  [
    'a clone',
    (response) => {
      const copy = response.clone();
      return () => copy.text();
    },
  ],
  [
    'a response of its own',
    ({ body: kept }) => {
      const own = new Response(kept);
      return () => own.text();
    },
  ],
];

it.for(parts)('a host that keeps only %s loses nothing to the collector', async ([, part]) => {
  const provider = await startProvider({ answers: [recordedAnswer({ body })] });
  const store = memoryStore();
  const meter = createMeter({ store });
  const request = { method: 'POST', body: JSON.stringify(hiStream) };
  const read = await meter.fetch()(`${provider.baseURL}/chat/completions`, request).then(part);
  for (let times = 0; times < 5; times += 1) {
    collectGarbage();
    await delay(10);
  }
  expect(await read()).toBe(seen);
  await meter.flush();
  expect(await readAll(store.records({}))).toMatchObject([{ outcome: 'completed', origin: 'reported' }]);
  await meter.close();
});

/** What undici itself does not keep without the response: the body is locked by neither. */
const unlocked = new Set(['the body', 'a response of its own']);

it.for(parts.filter(([name]) => !unlocked.has(name)))(
  'nor one that asked for usage itself, and keeps only %s',
  async ([, part]) => {
    const provider = await startProvider({ answers: [recordedAnswer({ body })] });
    const store = memoryStore();
    const meter = createMeter({ store });
    const request = { method: 'POST', body: JSON.stringify({ ...hiStream, stream_options: { include_usage: true } }) };
    const read = await meter
      .fetch()(`${provider.baseURL}/chat/completions`, request)
      .then(async (response) => {
        // The body is looked at, as openai does, and then left alone for a while.
        expect(response.body?.locked).toBe(false);
        await delay(100);
        return part(response);
      });
    await collectedFor(5, () => false);
    expect(await read()).toBe(body);
    await meter.flush();
    expect(await readAll(store.records({}))).toMatchObject([{ outcome: 'completed', origin: 'reported' }]);
    await meter.close();
  },
);

it.for([true, false])(
  'an unread stream ends its connection once the app has dropped it, whoever asked for usage (the app: %s)',
  async (include_usage) => {
    const provider = await startProvider({ answers: [chatAnswer({ stall: { afterEvents: 1 } })] });
    const store = memoryStore();
    const meter = createMeter({ store });
    const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
    const drop = async (): Promise<void> => {
      await openai.chat.completions.create({
        ...hiStream,
        ...(include_usage && { stream_options: { include_usage } }),
      });
    };
    await drop();
    const request = await provider.request(1);
    await collectedFor(40, () => request.aborted && meter.stats().pending === 0);
    expect(request.aborted).toBe(true);
    await meter.flush();
    expect(await readAll(store.records({}))).toMatchObject([{ outcome: 'unread', origin: 'missing' }]);
    await meter.close();
  },
);

it('streams that nobody reads leave nothing on a signal of the app that lives for long', async () => {
  const provider = await startProvider({ handle: () => recordedAnswer({ body }) });
  let unread = 0;
  const meter = createMeter({ store: memoryStore(), onRecord: () => void (unread += 1) });
  const { signal } = new AbortController();
  const send = meter.fetch();
  const calls = 20;
  for (let call = 0; call < calls; call += 1)
    await send(`${provider.baseURL}/chat/completions`, { method: 'POST', body: JSON.stringify(hiStream), signal });
  await expect
    .poll(
      () => {
        collectGarbage();
        return unread;
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(calls / 2);
  expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(calls - unread);
  await meter.close();
});

async function collectedFor(rounds: number, isEnough: () => boolean): Promise<void> {
  for (let round = 0; round < rounds && !isEnough(); round += 1) {
    collectGarbage();
    await delay(20);
  }
}

function textOf(stream: ReadableStream<Uint8Array> | undefined): () => Promise<string> {
  return readOut(stream?.getReader() as ReadableStreamDefaultReader<Uint8Array>);
}

function readOut(reader: ReadableStreamDefaultReader<Uint8Array>): () => Promise<string> {
  return async () => {
    const decoder = new TextDecoder();
    for (let text = ''; ;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
  };
}
