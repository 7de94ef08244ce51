import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as kilotoken from '@kilotoken/core';
import { fakeProvider } from '@kilotoken/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildKilotoken } from './build-kilotoken.ts';
import type { BuiltKilotoken } from './build-kilotoken.ts';
import { all, chatStream } from './host.ts';
import { loadSdk } from './sdk-under-test.ts';

type Kilotoken = typeof kilotoken;

let built: BuiltKilotoken;
let copies: readonly [Kilotoken, Kilotoken];

beforeAll(async () => {
  built = await buildKilotoken();
  const cjs = createRequire(import.meta.url)(built.cjs) as Kilotoken;
  copies = [(await import(/* @vite-ignore */ pathToFileURL(built.esm).href)) as Kilotoken, cjs];
});
afterAll(() => built.remove());

it.for([
  ['esm', 0, 1],
  ['cjs', 1, 0],
] as const)(
  'a client wrapped by the %s copy stays with it when the other copy wraps it, too',
  async ([, first, second]) => {
    await using provider = await fakeProvider();
    const { sdk } = await loadSdk('openai', first === 0 ? 'esm' : 'cjs');
    const errors: unknown[] = [];
    const stores = copies.map(({ memoryStore }) => memoryStore());
    const meters = copies.map(({ createMeter }, index) =>
      createMeter({ store: stores[index] as never, onError: (error) => errors.push(error) }),
    );
    expect(copies[0].createMeter).not.toBe(copies[1].createMeter);
    const client = new sdk.OpenAI({ baseURL: provider.baseURL, apiKey: 'test' });
    const openai = meters[second]?.wrap(meters[first]?.wrap(client) ?? client) ?? client;
    expect(openai).toBe(client);
    const chunks = await all(await openai.chat.completions.create(chatStream));
    expect(chunks.every((chunk) => chunk.choices.length > 0 && !('usage' in chunk))).toBe(true);

    // A plain fetch is known as metered across copies as well.
    const above = meters[second]?.fetch(meters[first]?.fetch());
    const body = JSON.stringify(chatStream);
    await (await above?.(`${provider.baseURL}/chat/completions`, { method: 'POST', body }))?.text();

    await Promise.all(meters.map((meter) => meter.flush()));
    const calls = await Promise.all(stores.map(async (store) => (await store.totals({})).calls));
    expect(calls).toEqual(first === 0 ? [2, 0] : [0, 2]);
    expect(errors).toHaveLength(1);
    expect(copies.map(({ isMeterError }) => isMeterError(errors[0]))).toEqual([true, true]);
    await Promise.all(meters.map((meter) => meter.close()));
  },
);
