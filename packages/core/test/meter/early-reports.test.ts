import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import type { MeterOptions, UsageRecord } from '../../src/index.ts';
import { recordedAnswer } from '../../src/testing/index.ts';
import { readAll } from '../read-all.ts';
import { hiAsked, startProvider } from '../testing/fake-provider-fixture.ts';

// A report that comes before the end of the answer is not yet the usage: Ollama's older endpoint sends zeros with every
// chunk (ollama/ollama#17485), and some send what was generated so far: Perplexity, Gemini, vLLM with
// `continuous_usage_stats`, Poolside and Hugging Face (cline/cline#12282, 2026-07-14).

const words = ['Three', ' rivers', ' are', ' the', ' Volga', ' and', ' more'];
const streams = {
  'zeros, and the usage in a chunk of its own': [
    ...words.map((word) => said(word, counts(0))),
    finished(counts(0)),
    total(counts(7)),
  ],
  'only zeros': [...words.map((word) => said(word, counts(0))), finished(counts(0))],
  'the input first, and the usage in a chunk of its own': [
    said('', counts(1)),
    ...words.map((word) => said(word)),
    finished(),
    total(counts(7)),
  ],
  'what was generated so far': [...words.map((word, index) => said(word, counts(index + 1))), finished(counts(7))],
} as const;
type Stream = keyof typeof streams;
const whole = { inputTokens: 12, outputTokens: 7, totalTokens: 19 };

describe('a stream that is left at its finish reason', () => {
  it.for<Stream>([
    'zeros, and the usage in a chunk of its own',
    'the input first, and the usage in a chunk of its own',
  ])('still gives the exact usage: %s', async (stream) => {
    expect(await recordOf(stream, 'finish')).toMatchObject({ outcome: 'stopped', origin: 'drained', tokens: whole });
  });
});

describe('a stream that is left in its middle', () => {
  it.for<Stream>(['zeros, and the usage in a chunk of its own', 'only zeros'])(
    'is estimated where all that was reported is 0: %s',
    async (stream) => {
      const { origin, tokens } = await recordOf(stream, 'third');
      expect(origin).toBe('estimated');
      expect(tokens.outputTokens).toBeGreaterThan(0);
    },
  );

  it('keeps what was reported so far', async () => {
    expect(await recordOf('what was generated so far', 'third')).toMatchObject({
      origin: 'reported',
      tokens: { inputTokens: 12, outputTokens: 3, totalTokens: 15 },
    });
  });

  it.for(Object.keys(streams).filter((stream) => stream !== 'only zeros') as Stream[])(
    'is drained to the usage of the whole answer: %s',
    async (stream) => {
      expect(await recordOf(stream, 'third', { stop: 'drain' })).toMatchObject({ origin: 'drained', tokens: whole });
    },
  );
});

describe('a stream that is read to its end', () => {
  it.for(Object.keys(streams).filter((stream) => stream !== 'only zeros') as Stream[])(
    'has the fullest report: %s',
    async (stream) => {
      expect(await recordOf(stream, 'never')).toMatchObject({ origin: 'reported', tokens: whole });
    },
  );

  it('waits for nothing behind the end mark, where any report has counts', async () => {
    const body = [said('Hi', counts(1)), finished(), '[DONE]'].map((data) => `data: ${data}\n\n`).join('');
    const provider = await startProvider({ answers: [recordedAnswer({ body, stall: { afterEvents: 3 } })] });
    const store = memoryStore();
    const meter = createMeter({ store });
    const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
    for await (const _ of await openai.chat.completions.create(hiAsked));
    expect(meter.stats().pending).toBe(0);
    await meter.close();
    expect(await readAll(store.records({}))).toMatchObject([{ outcome: 'completed', tokens: { totalTokens: 13 } }]);
  });

  it('counts 0 where the provider says so to the end', async () => {
    expect(await recordOf('only zeros', 'never')).toMatchObject({
      outcome: 'completed',
      origin: 'reported',
      tokens: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    });
  });
});

async function recordOf(
  stream: Stream,
  leave: 'third' | 'finish' | 'never',
  options: Partial<MeterOptions> = {},
): Promise<UsageRecord> {
  const body = [...streams[stream], '[DONE]'].map((data) => `data: ${data}\n\n`).join('');
  const provider = await startProvider({ answers: [recordedAnswer({ body, delayMs: 2 })] });
  const store = memoryStore();
  const meter = createMeter({ store, ...options });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0 }));
  let seen = 0;
  for await (const { choices } of await openai.chat.completions.create(hiAsked)) {
    seen += 1;
    if ((leave === 'third' && seen === 3) || (leave === 'finish' && choices[0]?.finish_reason === 'stop')) break;
  }
  await meter.close();
  const [record, ...others] = await readAll(store.records({}));
  expect(others).toEqual([]);
  if (record === undefined) throw new Error('no record');
  return record;
}

function said(content: string, usage?: object): string {
  return chunk([{ index: 0, delta: { content }, finish_reason: null }], usage);
}

function finished(usage?: object): string {
  return chunk([{ index: 0, delta: {}, finish_reason: 'stop' }], usage);
}

function total(usage: object): string {
  return chunk([], usage);
}

function chunk(choices: readonly object[], usage?: object): string {
  return JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1794000000, model: 'm', choices, usage });
}

function counts(output: number): object {
  const input = output === 0 ? 0 : 12;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
