import { describe, expect, it } from 'vitest';
import { createAnswerReading } from '../../src/normalize/answer-reader.ts';
import { readUsage } from '../../src/normalize/usage/read-usage.ts';

const tokensOf = (usage: unknown): unknown => readUsage({ usage })?.tokens;

describe('one report', () => {
  it('keeps a count that was not sent apart from one that is 0', () => {
    expect(tokensOf({ prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 })).toEqual({
      inputTokens: 3,
      outputTokens: 0,
      totalTokens: 3,
    });
    expect(tokensOf({ prompt_tokens: 3, total_tokens: 3 })).toEqual({ inputTokens: 3, totalTokens: 3 });
  });

  it('takes null details for unknown', () => {
    expect(tokensOf({ prompt_tokens: 3, completion_tokens: 1, prompt_tokens_details: null })).toEqual({
      inputTokens: 3,
      outputTokens: 1,
      totalTokens: 4,
    });
  });

  it.for([
    ['12', 12],
    [11.6, 12],
    [-5, 0],
    ['x', undefined],
    [2 ** 53, undefined],
    [null, undefined],
    [true, undefined],
    [{}, undefined],
    ['', undefined],
  ])('reads a count of %j as %j', ([sent, read]) => {
    expect(readUsage({ usage: { prompt_tokens: sent, completion_tokens: 1 } })?.tokens.inputTokens).toBe(read);
  });

  it('ignores a total below input and output', () => {
    expect(readUsage({ usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 7 } })?.tokens.totalTokens).toBe(
      15,
    );
  });

  it('counts what the total has above input and output as reasoning output', () => {
    expect(tokensOf({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 })).toEqual({
      inputTokens: 10,
      outputTokens: 30,
      totalTokens: 40,
      reasoningOutputTokens: 25,
    });
  });

  it('takes the output from the total where only the input is named beside it', () => {
    expect(tokensOf({ prompt_tokens: 10, total_tokens: 14 })).toEqual({
      inputTokens: 10,
      outputTokens: 4,
      totalTokens: 14,
    });
  });

  it('cuts a part to its whole', () => {
    expect(
      tokensOf({ prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 9 } }),
    ).toMatchObject({ outputTokens: 5, reasoningOutputTokens: 5 });
  });

  it('adds cached tokens to an input that left them out', () => {
    expect(
      tokensOf({
        prompt_tokens: 4,
        completion_tokens: 1,
        total_tokens: 5,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
      }),
    ).toEqual({
      inputTokens: 124,
      outputTokens: 1,
      totalTokens: 125,
      cacheReadInputTokens: 100,
      cacheWriteInputTokens: 20,
    });
  });

  it('adds what was written to the cache to an input that left it out, also where nothing was read yet', () => {
    expect(
      tokensOf({ input_tokens: 4, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 2000 }),
    ).toEqual({
      inputTokens: 2004,
      outputTokens: 1,
      totalTokens: 2005,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 2000,
    });
  });

  it('takes a total that is larger by just the cached tokens as counting them beside the input', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 165,
      cache_read_input_tokens: 50,
      cache_creation_input_tokens: 10,
    };
    expect(tokensOf(usage)).toEqual({
      inputTokens: 160,
      outputTokens: 5,
      totalTokens: 165,
      cacheReadInputTokens: 50,
      cacheWriteInputTokens: 10,
    });
    // Thought of that very size explains it as well, and is what the provider says.
    expect(tokensOf({ ...usage, reasoning_tokens: 60 })).toMatchObject({
      inputTokens: 100,
      outputTokens: 65,
      reasoningOutputTokens: 60,
    });
  });

  it.for<[what: string, usage: object, part: object]>([
    ['input and output', { prompt_tokens: 0, completion_tokens: 0, input_tokens: 10, output_tokens: 5 }, {}],
    [
      'cached tokens',
      { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 0 }, cached_tokens: 6 },
      { cacheReadInputTokens: 6 },
    ],
    [
      'details',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        prompt_tokens_details: { cached_tokens: 0 },
        input_tokens_details: { cached_tokens: 6 },
      },
      { cacheReadInputTokens: 6 },
    ],
    [
      'input by its two parts',
      { prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4, completion_tokens: 5 },
      { cacheReadInputTokens: 6 },
    ],
    [
      'written tokens by how long they are kept',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 1 },
      },
      { cacheWriteInputTokens: 3 },
    ],
  ])('takes a count from whichever spelling has it: %s', ([, usage, part]) => {
    expect(tokensOf({ ...usage, total_tokens: 15 })).toEqual({
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 15,
      ...part,
    });
  });

  it('is looked for elsewhere where a gateway put zeros in its own place', () => {
    const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    const counts = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
    expect(readUsage({ usage: zeros, x_groq: { usage: counts } })?.rawUsage).toBe(counts);
    expect(readUsage({ usage: zeros })?.rawUsage).toBe(zeros);
  });

  it('is not there for a usage without counts, nor for one inside a delta', () => {
    expect(readUsage({ usage: {} })).toBeUndefined();
    expect(readUsage({ usage: null })).toBeUndefined();
    expect(readUsage({ choices: [{ delta: { usage: { prompt_tokens: 3 } } }] })).toBeUndefined();
    for (const odd of [null, 3, 'usage', [], [{ usage: { prompt_tokens: 1 } }]]) expect(readUsage(odd)).toBeUndefined();
  });

  it('keeps the object as it was sent', () => {
    const usage = { prompt_tokens: '3', completion_tokens: 1, something: { new: true } };
    expect(readUsage({ usage })?.rawUsage).toBe(usage);
  });
});

describe('several reports in one answer', () => {
  const fullest = (...totals: readonly object[]): unknown => {
    const reading = createAnswerReading();
    for (const usage of totals) reading.see({ usage });
    return reading.report?.tokens;
  };
  const small = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 };
  const large = { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19 };
  const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

  it.for([
    ['growing', [small, large]],
    ['repeated', [large, large]],
    ['zeros first', [zeros, large]],
    ['zeros last', [large, zeros]],
    ['shrinking', [large, small]],
  ] as const)('are not added up, the fullest counts: %s', ([, reports]) => {
    expect(fullest(...reports)).toEqual({ inputTokens: 10, outputTokens: 9, totalTokens: 19 });
  });

  it('keep the one with details of two with the same total', () => {
    const detailed = { ...large, prompt_tokens_details: { cached_tokens: 4 } };
    expect(fullest(detailed, large)).toMatchObject({ cacheReadInputTokens: 4 });
    expect(fullest(large, detailed)).toMatchObject({ cacheReadInputTokens: 4 });
  });
});

describe('the service tier', () => {
  const tierOf = (...payloads: readonly object[]): string | undefined => {
    const reading = createAnswerReading();
    for (const payload of payloads) reading.see(payload);
    return reading.serviceTier;
  };

  it('is the last one named beside the usage, else in it', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 1, service_tier: 'batch' };
    expect(tierOf({ usage })).toBe('batch');
    expect(tierOf({ service_tier: 'flex', usage })).toBe('flex');
    expect(tierOf({ service_tier: 'auto' }, { service_tier: 'priority' })).toBe('priority');
    expect(tierOf({ usage: { ...usage, service_tier: null } })).toBeUndefined();
  });
});
