import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import type { UsageRecord } from '../../src/index.ts';
import { chatAnswer, responsesAnswer } from '../../src/testing/index.ts';
import { meteredClient } from '../capture/metered-client.ts';
import { readAll } from '../read-all.ts';
import { hideOwners } from '../recording/journal/journal-fixture.ts';
import { hiStream, startProvider } from '../testing/fake-provider-fixture.ts';
import { appFolder, restart } from './app-folder.ts';
import { startChat } from './start-chat.ts';

it('an app that is killed while an answer it has read to the end mark is read on for its usage has that call', async () => {
  // openai 7 leaves the body at its end mark; what comes behind that never comes.
  const left = chatAnswer({ tokens: ['Hi'], usageWhen: 'never', stall: { afterEvents: 4 } });
  const provider = await startProvider({
    handle: ({ body }) => (body?.['stream'] === true && 'messages' in body ? left : undefined),
  });
  const folder = appFolder();
  const app = startChat({ ...folder, baseURL: provider.baseURL, name: 'r', users: 1 });
  await app.until('seen', 3);
  app.child.kill('SIGKILL');
  await app.ended;
  const { records, errors } = await restart(folder);
  expect(records.map(({ attribution, outcome, origin }) => `${attribution.messageId} ${outcome} ${origin}`)).toEqual(
    expect.arrayContaining(['r-0 completed reported', 'r-1 completed reported', 'r-2 completed missing']),
  );
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
  expect(errors).toEqual([]);
});

it('another process takes no answer for unreported that is still read on, and has the usage once that is read', async () => {
  let sendUsage = (): void => {};
  const usageSent = new Promise<void>((resolve) => (sendUsage = resolve));
  const provider = await startProvider({
    answers: [chatAnswer({ tokens: ['Hi'], gate: (event) => (event === 3 ? usageSent : undefined) })],
  });
  const { journal } = appFolder();
  const down = { ...memoryStore(), append: () => Promise.reject(new Error('down')) };
  const meter = createMeter({ store: down, journal: { path: journal } });
  onTestFinished(async () => void (await meter.close({ timeoutMs: 1 })));
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
  for await (const { choices } of await openai.chat.completions.create(hiStream))
    if (choices[0]?.finish_reason === 'stop') break;
  expect(await replayedBy(journal)).toEqual([]);
  sendUsage();
  await expect.poll(() => meter.stats().pending).toBe(0);
  expect(await replayedBy(journal)).toMatchObject([{ outcome: 'stopped', origin: 'drained' }]);
});

it('what is known of an answer whose usage is looked up survives its process', async () => {
  const { journal } = appFolder();
  const { openai } = await meteredClient({
    baseURL: 'https://openrouter.ai/api/v1',
    provider: { answers: [chatAnswer({ tokens: ['Hi', ' you'], usageWhen: 'never' })] },
    journal: { path: journal },
    stop: { policy: 'lookup', waitsMs: [60_000] },
  });
  for await (const { choices } of await openai.chat.completions.create(hiStream)) if (choices[0]?.delta.content) break;
  hideOwners(journal);
  expect(await replayedBy(journal)).toMatchObject([{ outcome: 'stopped', origin: 'estimated', requestModel: 'm' }]);
});

describe('what is known of an answer that is read on survives its process', () => {
  const input = { model: 'm', input: 'Hi you' };

  it('of a Response', async () => {
    const journal = await leftResponse({ ...input, stream: true });
    expect(await replayedBy(journal)).toMatchObject([
      { outcome: 'stopped', origin: 'estimated', operation: 'responses', responseId: 'resp_1' },
    ]);
  });

  it('but not of one in the background, which has another record once it is fetched', async () => {
    const journal = await leftResponse({ ...input, stream: true, background: true });
    expect(await replayedBy(journal)).toEqual([]);
  });

  async function leftResponse(body: OpenAI.Responses.ResponseCreateParamsStreaming): Promise<string> {
    const { journal } = appFolder();
    const { openai, meter } = await meteredClient({
      provider: { answers: [responsesAnswer({ tokens: ['Hi', ' you', ' too'], stall: { afterEvents: 6 } })] },
      journal: { path: journal },
      stop: 'drain',
    });
    onTestFinished(async () => void (await meter.close({ timeoutMs: 1 })));
    for await (const { type } of await openai.responses.create(body)) if (type === 'response.output_text.delta') break;
    hideOwners(journal);
    return journal;
  }
});

async function replayedBy(path: string): Promise<readonly UsageRecord[]> {
  const store = memoryStore();
  const meter = createMeter({ store, journal: { path } });
  await meter.flush();
  await meter.close();
  return readAll(store.records({}));
}
