import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import type { UsageRecord } from '../../src/index.ts';
import { chatAnswer } from '../../src/testing/index.ts';
import { startProvider } from '../testing/fake-provider-fixture.ts';

const tokens = Array.from({ length: 300 }, (_, index) => ` answerword${index}`);

it.for([
  ['a plain answer', {}, {}],
  ['a stream', { stream: true }, {}],
  ['a stream that is cut, and estimated', { stream: true }, { errorChunk: { afterTokens: 250 } }],
] as const)(
  'of %s, a sink gets at most 1 KiB, the raw usage included, and no word of it',
  async ([, extra, answer]) => {
    const provider = await startProvider({ answers: [chatAnswer({ tokens, ...answer })] });
    const written: UsageRecord[] = [];
    const sink = { name: 'lines', write: async (records: readonly UsageRecord[]) => void written.push(...records) };
    const meter = createMeter({ store: memoryStore(), sinks: [sink] });
    const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
    const turn = meter.track({ userId: 'user-1', tenantId: 'tenant-1', conversationId: 'c-1', messageId: 'm-1' });
    const messages = [{ role: 'user' as const, content: 'promptword '.repeat(500) }];
    try {
      const seen: unknown = await openai.chat.completions.create(
        { model: 'gpt-5-mini', messages, ...extra },
        turn.options,
      );
      if ('stream' in extra) for await (const _ of seen as AsyncIterable<unknown>);
    } catch (error) {
      expect(error).toBeInstanceOf(OpenAI.APIError);
    }
    await meter.close();
    expect(written).toHaveLength(1);
    const text = JSON.stringify(written[0]);
    expect(text).toContain('user-1');
    expect(text.length).toBeLessThanOrEqual(1024);
    expect(text).not.toMatch(/answerword|promptword/);
  },
);
