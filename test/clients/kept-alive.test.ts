import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMeter, memoryStore } from '@kilotoken/core';
import type { UsageRecord } from '@kilotoken/core';
import { chatAnswer, fakeProvider } from '@kilotoken/core/testing';
import { expect, it } from 'vitest';
import { chat, chatStream } from './host.ts';
import { loadSdk } from './sdk-under-test.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function collectAll(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it.for(['openai', 'openai-v4'])(
  '%s: an answer that is slow to come is not taken for one that nobody reads',
  async (alias) => {
    const gate = (): Promise<void> => collectAll();
    await using provider = await fakeProvider({
      answers: [chatAnswer({ text: 'one two', gate }), chatAnswer({ gate }), chatAnswer({ text: 'one', gate })],
    });
    const { sdk } = await loadSdk(alias, 'esm');
    const records: UsageRecord[] = [];
    const meter = createMeter({ store: memoryStore(), onRecord: (record) => records.push(record) });
    const openai = meter.wrap(new sdk.OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));

    for await (const _ of await openai.chat.completions.create(chatStream));
    await openai.chat.completions.create(chat);
    const raw = await openai.chat.completions.create(chatStream).asResponse();
    await raw.text();
    expect(records.map(({ outcome, origin }) => `${outcome} ${origin}`)).toEqual(
      Array.from({ length: 3 }, () => 'completed reported'),
    );
    await meter.close();
  },
);
