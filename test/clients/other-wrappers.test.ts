import { createMeter, memoryStore } from '@kilotoken/core';
import { fakeProvider } from '@kilotoken/core/testing';
import { observeOpenAI } from '@langfuse/openai';
import { wrapOpenAI } from 'langsmith/wrappers/openai';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { all, chat, chatStream } from './host.ts';
import { loadSdk, newestAliases } from './sdk-under-test.ts';

type Wrap = <Client extends object>(client: Client) => Client;

// Both send what they see to a service; nothing listens there, and neither may say so.
process.env['LANGSMITH_TRACING'] = 'false';

const wrappers: Readonly<Record<string, Wrap>> = {
  langsmith: (client) => wrapOpenAI(client as never),
  langfuse: (client) => observeOpenAI(client),
};

/** What an app sees of a plain and a streamed call, and the records of them. */
async function seen(alias: string, build: (client: OpenAI, meter: Wrap) => OpenAI): Promise<unknown> {
  await using provider = await fakeProvider({ clock: () => new Date('2026-11-22T10:00:00Z') });
  const { sdk } = await loadSdk(alias, 'esm');
  const store = memoryStore();
  const meter = createMeter({ store });
  const openai = build(new sdk.OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }), meter.wrap);
  const answer = await openai.chat.completions.create(chat);
  const chunks = await all(await openai.chat.completions.create(chatStream));
  await meter.flush();
  const { calls, tokens } = await store.totals({});
  await meter.close();
  return {
    answer: { ...answer },
    chunks,
    calls,
    total: tokens.totalTokens,
    charged: provider.generated.tokens.totalTokens,
  };
}

describe.for(newestAliases)('%s', (alias) => {
  it.for(Object.entries(wrappers))(
    'with %s below or above, an app sees the same, and each call is one record',
    async ([, wrap]) => {
      const bare = (await seen(alias, (client) => wrap(client))) as { charged: number };
      const expected = { ...bare, calls: 2, total: bare.charged };
      expect(await seen(alias, (client, meter) => wrap(meter(client)))).toEqual(expected);
      expect(await seen(alias, (client, meter) => meter(wrap(client)))).toEqual(expected);
      expect(await seen(alias, (client, meter) => meter(wrap(meter(client))))).toEqual(expected);
    },
  );
});

/** Reports each function it hands out, when it is called: so `observeOpenAI` of langfuse makes its traces. */
function reporting<Target extends object>(target: Target, calls: string[]): Target {
  return new Proxy(target, {
    get(from, key) {
      const value: unknown = Reflect.get(from, key);
      if (typeof value === 'function') {
        return (...parts: unknown[]): unknown => {
          calls.push(String(key));
          return Reflect.apply(value, from, parts);
        };
      }
      return typeof value === 'object' && value !== null ? reporting(value, calls) : value;
    },
  });
}

/** Keeps the client to itself, and is the client for all it has not: so Instructor is made. */
function keeping(client: OpenAI): OpenAI {
  const own = {
    client,
    chat: { completions: { create: client.chat.completions.create.bind(client.chat.completions) } },
  };
  return new Proxy(own, {
    get: (target, key) => (key in target ? Reflect.get(target, key) : Reflect.get(client, key, client)) as unknown,
  }) as unknown as OpenAI;
}

it.for(newestAliases)('%s: a wrapper below hears of the calls of the app, and of no others', async (alias) => {
  const calls: string[] = [];
  await seen(alias, (client) => reporting(client, calls));
  const bare = calls.splice(0);
  await seen(alias, (client, meter) => meter(reporting(client, calls)));
  expect(calls).toEqual(bare);
  expect(bare).toEqual(['create', 'create']);
});

it.for(newestAliases)('%s: a client is metered where only an object that keeps it is wrapped', async (alias) => {
  const bare = (await seen(alias, keeping)) as { charged: number };
  expect(await seen(alias, (client, meter) => meter(keeping(client)))).toEqual({
    ...bare,
    calls: 2,
    total: bare.charged,
  });
});
