import { createMeter, memoryStore } from '@kilotoken/core';
import { fakeProvider } from '@kilotoken/core/testing';
import { fetch as whatwgFetch } from '@whatwg-node/fetch';
import type { ClientOptions } from 'openai';
import nodeFetch from 'node-fetch-3';
import { describe, expect, it } from 'vitest';
import { all, chat, chatStream } from './host.ts';
import { loadSdk, newestAliases } from './sdk-under-test.ts';

/** Their bodies are Node streams: the first reads them by way of its `body`, the second passes that by. */
const fetches: Readonly<Record<string, unknown>> = { 'node-fetch 3': nodeFetch, '@whatwg-node/fetch': whatwgFetch };

/** What an app sees that gives its client one of them, and what is recorded of it. */
async function seen(alias: string, name: string, wrap: 'bare' | 'metered'): Promise<unknown> {
  await using provider = await fakeProvider({ clock: () => new Date('2026-11-22T10:00:00Z') });
  const { sdk } = await loadSdk(alias, 'esm');
  const store = memoryStore();
  const meter = createMeter({ store });
  const fetch = fetches[name] as NonNullable<ClientOptions['fetch']>;
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

describe.for(Object.keys(fetches))('%s', (name) => {
  it.for(newestAliases)(
    'below %s shows what it shows bare, clones included, and each call is one record',
    async (alias) => {
      const bare = (await seen(alias, name, 'bare')) as { charged: number };
      expect(await seen(alias, name, 'metered')).toEqual({ ...bare, calls: 4, total: bare.charged });
    },
  );
});
