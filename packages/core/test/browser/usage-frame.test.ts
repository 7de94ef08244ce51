import OpenAI from 'openai';
import OpenAIv4 from 'openai-v4';
import OpenAIv5 from 'openai-v5';
import OpenAIv6 from 'openai-v6';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { FrameUsage } from '../../src/browser/frame/frame-options.ts';
import type { FrameOptions } from '../../src/browser/frame/frame-options.ts';
import { usageChunk } from '../../src/browser/frame/usage-chunk.ts';
import type { UsageChunk } from '../../src/browser/frame/usage-chunk.ts';
import { usageData } from '../../src/browser/frame/usage-data.ts';
import { usageFrame } from '../../src/browser/frame/usage-frame.ts';
import { addTokens } from '../../src/storage/usage-sums.ts';
import type { TokenSums } from '../../src/storage/usage-sums.ts';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { usageServer } from './usage-server.ts';

const reply = turnUsage(
  {
    id: 'a',
    responseId: 'chatcmpl-1',
    responseModel: 'secret-model',
    tokens: {
      inputTokens: 211,
      cacheReadInputTokens: 128,
      outputTokens: 96,
      reasoningOutputTokens: 64,
      totalTokens: 307,
    },
    attribution: { userId: 'ada', messageId: 'm1' },
  },
  {
    id: 'b',
    responseId: 'chatcmpl-2',
    responseModel: 'secret-model-2',
    origin: 'estimated',
    tokens: { inputTokens: 4, outputTokens: 3, totalTokens: 7 },
    attribution: { userId: 'ada', messageId: 'm1' },
  },
);

describe('usageFrame', () => {
  it('is one event whose body is a usage chunk with ours beside it', () => {
    const [data, ...end] = usageFrame(reply, { rev: 12 }).split('\n');
    expect(end).toEqual(['', '']);
    expect(JSON.parse(data?.replace('data: ', '') ?? '')).toEqual({
      id: 'chatcmpl-2',
      object: 'chat.completion.chunk',
      created: Date.parse('2026-11-22T10:00:00Z') / 1000,
      model: '',
      choices: [],
      usage: {
        prompt_tokens: 215,
        completion_tokens: 99,
        total_tokens: 314,
        prompt_tokens_details: { cached_tokens: 128 },
        completion_tokens_details: { reasoning_tokens: 64 },
      },
      kilotoken: {
        v: 1,
        id: 'm1',
        rev: 12,
        add: { total: 314, counts: { input: 215, cached: 128, output: 99, reasoning: 64 }, estimated: 7 },
      },
    });
  });

  it('stays one event whatever is in the ids', () => {
    const id = 'a\n\ndata: [DONE]\r\n\u2028\ud83d "';
    const lines = usageFrame(reply, { id }).split(/\r\n|\r|\n/);
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0]?.slice(6) ?? '')).toMatchObject({ kilotoken: { id } });
  });

  it('has a name where the app wants one, on one line', () => {
    expect(usageFrame(reply, { event: 'usage' })).toBe(`event: usage\n${usageFrame(reply)}`);
    for (const event of ['', 'a\nb', 'a\rb', 'a\0']) {
      expect(() => usageFrame(reply, { event })).toThrow(expect.objectContaining({ code: 'invalid_options' }));
    }
  });

  it('has neither money nor models unless both are exposed', () => {
    const quota = { unit: 'cost', used: 4321, limit: 98_765, currency: 'USD' } as const;
    for (const text of [usageFrame(reply, { quota }), JSON.stringify(usageData(reply, { quota }))]) {
      expect(text).not.toMatch(/cost|usd|amount|currency|secret|4321|98765/i);
      expect(text).not.toMatch(/"models?":(?!"")/);
    }
    expect(usageFrame(reply, { quota, expose: ['cost'] })).not.toContain('secret');
    expect(usageFrame(reply, { quota, expose: ['cost'] })).toContain('"limit":98765');
    expect(usageFrame(reply, { expose: ['models'] })).not.toMatch(/amount|cost/);
    expect(usageChunk(reply, { expose: ['cost', 'models'] })).toMatchObject({
      model: 'secret-model-2',
      kilotoken: {
        add: {
          cost: { amount: '0.0005', currency: 'USD', complete: true },
          models: [
            { model: 'secret-model', total: 307, cost: { amount: '0.00025' } },
            { model: 'secret-model-2', total: 7, cost: { amount: '0.00025' } },
          ],
        },
      },
    });
  });

  it('carries the totals of a store, bigint and all, and takes rev from them', async () => {
    const store = memoryStore();
    const huge = { picoUsd: Number.MAX_SAFE_INTEGER, basis: 'card' } as const;
    await store.append(['1', '2'].map((id) => usageRecord({ id, cost: huge, attribution: { userId: 'ada' } })));
    const total = await store.userTotals('ada');
    expect(usageChunk(reply, { total }).kilotoken).toMatchObject({ rev: 2, total: 600 });
    expect(usageChunk(reply, { total, rev: 9 }).kilotoken.rev).toBe(9);
    expect(usageFrame(reply, { total: 5 })).toContain('"total":5}');
  });

  it.each<[string, FrameUsage, object | null, object]>([
    ['nothing', { tokens: {} }, null, { counts: {} }],
    ['only the output', { tokens: { outputTokens: 5 } }, usageOf(0, 5), { total: 5, counts: { output: 5 } }],
    [
      'output and total',
      { tokens: { outputTokens: 5, totalTokens: 9 } },
      usageOf(4, 5),
      { total: 9, counts: { output: 5 } },
    ],
    ['only the input', { tokens: { inputTokens: 5 } }, usageOf(5, 0), { total: 5, counts: { input: 5 } }],
    ['only the total', { tokens: { totalTokens: 5 } }, usageOf(5, 0), { total: 5, counts: {} }],
    [
      'an explicit 0',
      { tokens: { inputTokens: 0, outputTokens: 0 } },
      usageOf(0, 0),
      { total: 0, counts: { input: 0, output: 0 } },
    ],
    ['calls still open', { tokens: { totalTokens: 5 }, complete: false }, usageOf(5, 0), { total: 5, partial: true }],
  ])('says no more than is known: %s', (_name, usage, chunkUsage, add) => {
    const chunk = usageChunk(usage, { id: 'm1' });
    expect(chunk.usage).toEqual(chunkUsage);
    expect(chunk.kilotoken.add).toMatchObject(add);
    expect(chunk.kilotoken.add.total).toBe((add as { total?: number }).total);
  });

  it('says that a cost is a lower bound', () => {
    const cost = { picoUsd: 5 * 10 ** 11, unpricedCalls: 1 };
    const options: FrameOptions = { id: 'm1', expose: ['cost'] };
    const amount = { amount: '0.5', complete: false };
    expect(usageChunk({ tokens: {}, cost }, options).kilotoken.add.cost).toMatchObject(amount);
    const open = { tokens: {}, cost: { ...cost, unpricedCalls: 0 }, complete: false };
    expect(usageChunk(open, options).kilotoken.add.cost).toMatchObject(amount);
    expect(usageChunk({ tokens: {} }, options).kilotoken.add).not.toHaveProperty('cost');
  });

  it('is named by its message, else by its first call, else by a name of its own', () => {
    expect(usageChunk(turnUsage({ id: 'a' }, { id: 'b', attribution: { messageId: 'm' } })).kilotoken.id).toBe('m');
    expect(usageChunk(turnUsage({ id: 'a' }, { id: 'b' })).kilotoken.id).toBe('a');
    for (const address of ['http://10.0.0.7:8080', 'https://gateway.internal', 'realtime']) {
      expect(usageChunk(turnUsage({ id: 'a', callId: `${address}/resp_1/0` })).kilotoken.id).toBe('resp_1/0');
    }
    const [one, two] = [usageChunk({ tokens: {} }), usageChunk({ tokens: {} })];
    expect(one.kilotoken.id).not.toBe(two.kilotoken.id);
    expect(one.id).toBe(one.kilotoken.id);
  });
});

describe('usageData', () => {
  it('is the part of an AI SDK message with ours as its data', () => {
    expect(usageData(reply, { rev: 3 })).toEqual({
      type: 'data-usage',
      id: 'm1',
      data: usageChunk(reply, { rev: 3 }).kilotoken,
    });
  });
});

describe.each([
  ['4', OpenAIv4],
  ['5', OpenAIv5],
  ['6', OpenAIv6],
  ['7', OpenAI],
] as const)('openai %s', (_major, Client) => {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-2',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason: finish }],
    })}\n\n`;
  const stream = [
    chunk({ role: 'assistant', content: 'Hi' }, null),
    chunk({}, 'stop'),
    usageFrame(reply),
    'data: [DONE]\n\n',
  ];
  const serve = (parts: readonly string[]) =>
    usageServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const part of parts) response.write(part);
      response.end();
    });
  const messages = [{ role: 'user' as const, content: 'Hi' }];

  it('reads a frame as the usage chunk of the stream, also where it arrives letter by letter', async () => {
    await using server = await serve(stream.flatMap((part) => part.split('')));
    const client = new Client({ baseURL: server.url, apiKey: 'test', maxRetries: 0 }) as OpenAI;
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const each of await client.chat.completions.create({ model: 'm', messages, stream: true }))
      chunks.push(each);
    expect(chunks).toHaveLength(3);
    expect(chunks[2]).toEqual(usageChunk(reply));
  });

  it('has it in the final completion of its stream helper', async () => {
    await using server = await serve(stream);
    const client = new Client({ baseURL: server.url, apiKey: 'test', maxRetries: 0 }) as OpenAI;
    // Version 4 has the helper among its beta methods only.
    const { beta } = client as unknown as { beta: { chat?: { completions: OpenAI['chat']['completions'] } } };
    const completion = await (beta.chat?.completions ?? client.chat.completions)
      .stream({ model: 'm', messages })
      .finalChatCompletion();
    expect(completion).toMatchObject({
      id: 'chatcmpl-2',
      choices: [{ message: { content: 'Hi' } }],
      usage: { total_tokens: 314 },
    });
  });

  it('has a type for it', () => {
    expectTypeOf<UsageChunk>().toExtend<OpenAI.ChatCompletionChunk>();
    expectTypeOf<UsageChunk>().toExtend<OpenAIv4.ChatCompletionChunk>();
    expectTypeOf<UsageChunk>().toExtend<OpenAIv5.ChatCompletionChunk>();
    expectTypeOf<UsageChunk>().toExtend<OpenAIv6.ChatCompletionChunk>();
  });
});

it.each([undefined, null, {}, { tokens: null }, Promise.resolve()])(
  'a usage that is %o is named as what is wrong',
  (usage) => {
    for (const make of [usageFrame, usageChunk, usageData]) {
      expect(() => make(usage as never)).toThrow(
        expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining('await turn.usage()') }),
      );
    }
  },
);

describe('an option that cannot be', () => {
  const makers = { usageFrame, usageChunk, usageData };
  const wrong: readonly (readonly [field: string, options: unknown])[] = [
    ['"id"', { id: 7 }],
    ['"rev"', { rev: '12' }],
    ['"rev"', { rev: Number.NaN }],
    ['"total"', { total: '5' }],
    ['"total"', { total: null }],
    ['"total"', { total: {} }],
    ['"total"', { total: 5n }],
    ['"quota"', { quota: 5 }],
    ['"quota"', { quota: { unit: 'tokens', used: '1', limit: 2 } }],
    ['"quota"', { quota: { unit: 'tokens', used: 1 } }],
    ['"quota"', { quota: { used: 1, limit: 2 } }],
    ['"quota"', { quota: { unit: 'usd', used: 1, limit: 2 } }],
    ['"quota"', { quota: null }],
    ['"expose"', { expose: 'cost' }],
    ['"expose"', { expose: ['costs'] }],
    ['"expose"', { expose: { cost: true } }],
    ['"event"', { event: 5 }],
    ['"event"', { event: ['a\nb'] }],
  ];

  it.each(Object.entries(makers))('is named by %s', (_name, make) => {
    for (const [field, options] of wrong) {
      let error: unknown;
      try {
        make(reply, options as never);
      } catch (thrown) {
        error = thrown;
      }
      expect(
        error,
        JSON.stringify(options, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
      ).toMatchObject({ code: 'invalid_options' });
      expect(String(error)).toContain('usage frame: option ');
      expect(String(error)).toContain(field);
    }
  });
});

function usageOf(prompt: number, completion: number): object {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** What `turn.usage()` gives for such records. */
function turnUsage(...records: readonly Partial<UsageRecord>[]): FrameUsage {
  const all = records.map((record) => usageRecord({ attribution: {}, ...record }));
  const tokens: TokenSums = {};
  for (const record of all) addTokens(tokens, record.tokens);
  return {
    calls: all.length,
    tokens,
    cost: { picoUsd: all.reduce((sum, { cost }) => sum + (cost.picoUsd ?? 0), 0), unpricedCalls: 0 },
    records: all,
    complete: true,
  };
}
