import { createMeter, memoryStore } from '@kilotoken/core';
import type { MeterOptions } from '@kilotoken/core';
import { fakeProvider } from '@kilotoken/core/testing';
import { expect, it } from 'vitest';
import { all, chat, chatStream } from './host.ts';
import { loadSdk } from './sdk-under-test.ts';

const { OpenAI } = (await loadSdk('openai', 'esm')).sdk;
const store = memoryStore();
const fail = (): never => {
  throw new Error('broken on purpose');
};
const never = (): Promise<never> => new Promise(() => undefined);
const quick = { flushIntervalMs: 0, appendTimeoutMs: 50 };

const surroundings: readonly (readonly [what: string, options: MeterOptions])[] = [
  ['a store that throws', { store: { ...store, append: fail }, queue: quick }],
  ['a store that rejects', { store: { ...store, append: () => Promise.reject(new Error('no')) }, queue: quick }],
  ['a store that hangs', { store: { ...store, append: never }, queue: quick }],
  [
    'a store whose answer is nonsense',
    { store: { ...store, append: () => Promise.resolve(null as never) }, queue: quick },
  ],
  ['an onRecord that throws', { store, onRecord: fail }],
  ['an onRecord that returns a rejection', { store, onRecord: () => Promise.reject(new Error('no')) as never }],
  ['a waitUntil that throws', { store, waitUntil: fail }],
  ['an onError that throws', { store: { ...store, append: fail }, onRecord: fail, onError: fail, queue: quick }],
  ['a clock that throws', { store, clock: fail }],
  ['an inject function that throws', { store, inject: fail }],
  ['an inject function that returns a rejection', { store, inject: () => Promise.reject(new Error('no')) as never }],
  ['a sink that throws', { store, sinks: [{ name: 'broken', write: fail }] }],
];

/** What an app sees of a plain and a streamed call. */
async function seen(wrap: <Client extends object>(client: Client) => Client): Promise<unknown> {
  await using provider = await fakeProvider({ clock: () => new Date('2026-11-22T10:00:00Z') });
  const openai = wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
  const answer = await openai.chat.completions.create(chat);
  return { answer, chunks: await all(await openai.chat.completions.create(chatStream)) };
}

it.for(surroundings)('%s leaves the calls of the app as they are', async ([, options]) => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  try {
    const meter = createMeter(options);
    expect(await seen(meter.wrap)).toEqual(await seen((client) => client));
    await meter.close({ timeoutMs: 100 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(rejections).toEqual([]);
  } finally {
    process.off('unhandledRejection', onRejection);
  }
});
