import { setImmediate, setTimeout } from 'node:timers/promises';
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import type { Meter, MeterOptions, UsageStore } from '../../src/index.ts';
import { chatAnswer } from '../../src/testing/index.ts';
import { readAll } from '../read-all.ts';
import { hiStream, startProvider } from '../testing/fake-provider-fixture.ts';

// To the app its call is over, while the rest of the answer is still read for the usage.

type Ending = readonly [
  name: string,
  Parameters<typeof chatAnswer>[0],
  leave: 'finish' | 'first' | 'never' | 'unread',
  outcome: string,
];

const finished: readonly Ending[] = [
  // openai 7 leaves the body at its end mark.
  [
    'read to an end mark without usage',
    { usageWhen: 'never', stall: { afterEvents: 4, forMs: 150 } },
    'never',
    'completed',
  ],
  ['left at its finish reason', { stall: { afterEvents: 3, forMs: 150 } }, 'finish', 'stopped'],
];

async function left(
  [, answer, leave]: Ending,
  settings: Partial<MeterOptions> = {},
  pending = 1,
): Promise<{ meter: Meter; store: UsageStore; errors: string[] }> {
  const provider = await startProvider({ answers: [chatAnswer({ tokens: ['Hi'], ...answer })] });
  const store = memoryStore();
  const errors: string[] = [];
  const meter = createMeter({ store, onError: ({ message }) => errors.push(message), ...settings });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
  const stream = await openai.chat.completions.create(hiStream);
  for await (const { choices } of leave === 'unread' ? [] : stream) {
    if (leave === 'first' || (leave === 'finish' && choices[0]?.finish_reason === 'stop')) break;
  }
  expect(meter.stats().pending).toBe(pending);
  return { meter, store, errors };
}

it.for(finished)('flush stores an answer that was %s', async (ending) => {
  const { meter, store } = await left(ending);
  await meter.flush();
  expect(await readAll(store.records({}))).toMatchObject([{ outcome: ending[3] }]);
});

it.for(finished)('close stores an answer that was %s', async (ending) => {
  const { meter, store, errors } = await left(ending);
  expect(await meter.close()).toEqual({ left: 0 });
  expect(await readAll(store.records({}))).toMatchObject([{ outcome: ending[3] }]);
  expect(errors).toEqual([]);
});

it('a stream that is left before any text has the estimate of its request', async () => {
  const { meter, store } = await left(['', { stall: { afterEvents: 1 } }, 'first', 'stopped'], {}, 0);
  await meter.close();
  const [record] = await readAll(store.records({}));
  expect(record).toMatchObject({ outcome: 'stopped', origin: 'estimated' });
  const inputTokens = record?.tokens.inputTokens ?? 0;
  expect(inputTokens).toBeGreaterThan(5);
  expect(record?.tokens).toEqual({ inputTokens, totalTokens: inputTokens });
});

it('close stores an answer that has just come, and is never read', async () => {
  const { meter, store } = await left(['', { stall: { afterEvents: 1 } }, 'unread', 'unread']);
  expect(await meter.close()).toEqual({ left: 0 });
  expect(await readAll(store.records({}))).toMatchObject([{ outcome: 'unread', origin: 'missing', tokens: {} }]);
});

it('close does not take for unread what the app is about to read', async () => {
  const provider = await startProvider({});
  const outcomes: string[] = [];
  const meter = createMeter({ store: memoryStore(), onRecord: ({ outcome }) => outcomes.push(outcome) });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
  const stream = await openai.chat.completions.create(hiStream);
  const closing = meter.close();
  await setImmediate();
  for await (const _ of stream);
  await closing;
  expect(outcomes).not.toContain('unread');
});

it('close stores what was answered and never read, and leaves to the app what it is reading', async () => {
  const stalled = chatAnswer({ tokens: ['Hi'], stall: { afterEvents: 1 } });
  const provider = await startProvider({ answers: [stalled, stalled] });
  const store = memoryStore();
  const errors: string[] = [];
  const meter = createMeter({ store, onError: ({ message }) => errors.push(message) });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
  const [unread, read] = await Promise.all([1, 2].map(() => openai.chat.completions.create(hiStream)));
  const reader = read?.toReadableStream().getReader();
  await reader?.read();
  await setTimeout(150);
  expect(await meter.close()).toEqual({ left: 0 });
  expect(await readAll(store.records({}))).toMatchObject([{ outcome: 'unread', origin: 'missing' }]);
  expect(errors).toEqual([]);
  expect(meter.stats().pending).toBe(1);
  unread?.controller.abort();
});

it('close ends what is drained, and stores what was seen of it', async () => {
  const { meter, store, errors } = await left(['', { stall: { afterEvents: 2 } }, 'first', ''], { stop: 'drain' });
  expect(await meter.close({ timeoutMs: 100 })).toEqual({ left: 0 });
  expect(await readAll(store.records({}))).toMatchObject([{ outcome: 'stopped', origin: 'estimated' }]);
  expect(errors).toEqual([]);
});
