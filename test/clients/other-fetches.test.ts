import { createMeter, memoryStore } from '@kilotoken/core';
import { fakeProvider } from '@kilotoken/core/testing';
import type { ClientOptions } from 'openai';
import nodeFetch from 'node-fetch-3';
import { expect, it } from 'vitest';
import { all, chat, chatStream } from './host.ts';
import { loadSdk, newestAliases } from './sdk-under-test.ts';

/** What an app sees that gives its client the `fetch` of node-fetch 3, and what is recorded of it. */
async function seen(alias: string, wrap: 'bare' | 'metered'): Promise<unknown> {
  await using provider = await fakeProvider({ clock: () => new Date('2026-11-22T10:00:00Z') });
  const { sdk } = await loadSdk(alias, 'esm');
  const store = memoryStore();
  const meter = createMeter({ store });
  const fetch = nodeFetch as unknown as NonNullable<ClientOptions['fetch']>;
  const client = new sdk.OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0, fetch });
  const openai = wrap === 'bare' ? client : meter.wrap(client);
  const parts: unknown[] = [
    await openai.chat.completions.create(chat),
    await all(await openai.chat.completions.create(chatStream)),
  ];
  for (const body of [chat, chatStream]) {
    const response = await openai.chat.completions.create(body).asResponse();
    const copy = response.clone();
    parts.push(await Promise.all([copy.text(), response.text()]), response.bodyUsed, copy.bodyUsed);
  }
  await meter.flush();
  const { calls, tokens } = await store.totals({});
  await meter.close();
  return { parts, calls, total: tokens.totalTokens, charged: provider.generated.tokens.totalTokens };
}

it.for(newestAliases)(
  '%s over node-fetch 3 is as bare, clones included, and each call is one record',
  async (alias) => {
    const bare = (await seen(alias, 'bare')) as { charged: number };
    expect(await seen(alias, 'metered')).toEqual({ ...bare, calls: 4, total: bare.charged });
  },
);
