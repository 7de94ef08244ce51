import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { createMeter, sqliteStore } from '../../src/index.ts';
import type { Meter, MeterError, MeterOptions, Turn, UsageRecord, UsageStore } from '../../src/index.ts';
import type { FakeProvider } from '../../src/testing/index.ts';
import { startProvider } from '../testing/fake-provider-fixture.ts';
import { appFolder } from './app-folder.ts';
import type { AppFolder } from './app-folder.ts';

/** An app in the process of the test, on a store in a file. */
export interface MeteredApp {
  readonly folder: AppFolder;
  readonly provider: FakeProvider;
  readonly openai: OpenAI;
  readonly meter: Meter;
  /** The store itself, without what stands before it. */
  readonly store: UsageStore;
  readonly errors: readonly { readonly code: MeterError['code']; readonly record: UsageRecord | undefined }[];
  /** One streamed call read to its end, as the message of this id; the host's own words. */
  chat(messageId: string): Promise<{ readonly text: string; readonly turn: Turn }>;
}

/** `before` stands between the meter and the store. */
export async function meteredApp(
  options: Partial<MeterOptions> = {},
  before: (store: UsageStore) => UsageStore = (store) => store,
): Promise<MeteredApp> {
  const provider = await startProvider();
  const folder = appFolder();
  const store = sqliteStore({ path: folder.database });
  const errors: { code: MeterError['code']; record: UsageRecord | undefined }[] = [];
  const meter = createMeter({
    store: before(store),
    onError: ({ code }, record) => errors.push({ code, record }),
    ...options,
  });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
  onTestFinished(async () => {
    await meter.close({ timeoutMs: 100 });
    await store.close();
  });
  return {
    folder,
    provider,
    openai,
    meter,
    store,
    errors,
    async chat(messageId) {
      const turn = meter.track({ userId: 'u1', messageId });
      const messages = [{ role: 'user' as const, content: 'Hi' }];
      let text = '';
      for await (const chunk of await openai.chat.completions.create(
        { model: 'gpt-5-mini', messages, stream: true },
        turn.options,
      ))
        text += chunk.choices[0]?.delta.content ?? '';
      return { text, turn };
    },
  };
}

/** The messages in the store, sorted; one that is there twice comes twice. */
export async function storedMessages(store: UsageStore): Promise<readonly string[]> {
  const messages: (string | undefined)[] = [];
  for await (const { attribution } of store.records({})) messages.push(attribution.messageId);
  return messages.map(String).toSorted();
}
