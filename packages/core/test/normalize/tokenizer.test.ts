import { countTokens } from 'gpt-tokenizer';
import { describe, expect, it } from 'vitest';
import type { UsageRecord } from '../../src/index.ts';
import { chatAnswer } from '../../src/testing/index.ts';
import { meteredClient } from '../capture/metered-client.ts';
import type { MeteredClientOptions } from '../capture/metered-client.ts';

const russian = 'Съешь же ещё этих мягких французских булок, да выпей чаю. ';
const chinese = '敏捷的棕色狐狸跳过了那只懒狗。';
const english = 'Notwithstanding unforeseeable circumstances, incomprehensibilities abounded. ';
const prompt = russian.repeat(40);

/** Leaves a stream of so many like sentences in the middle, and gives its record. */
async function cutRecord(sentence: string, options: MeteredClientOptions, sentences = 120): Promise<UsageRecord> {
  const { openai, provider, records } = await meteredClient(options);
  provider.enqueue(chatAnswer({ tokens: Array.from({ length: sentences }, () => sentence), usageWhen: 'never' }));
  const messages = [{ role: 'user' as const, content: prompt }];
  const stream = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
  let seen = 0;
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content && (seen += 1) === sentences / 2) break;
  const [record] = await records();
  if (record === undefined) throw new Error('no record');
  return record;
}

function offBy(count: number | undefined, truth: number): number {
  return Math.abs((count ?? 0) - truth) / truth;
}

describe('the tokenizer option', () => {
  it.for([
    ['Russian', russian],
    ['Chinese', chinese],
    ['English', english],
  ] as const)('brings the estimate of a cut answer within 5 percent: %s', async ([, sentence]) => {
    const truth = countTokens(sentence) * 60;
    const [plain, sharp] = [await cutRecord(sentence, {}), await cutRecord(sentence, { tokenizer: countTokens })];
    expect([plain.origin, sharp.origin]).toEqual(['estimated', 'estimated']);
    expect(offBy(sharp.tokens.outputTokens, truth)).toBeLessThan(0.05);
    expect(offBy(sharp.tokens.outputTokens, truth)).toBeLessThan(offBy(plain.tokens.outputTokens, truth));
    expect(offBy(sharp.tokens.inputTokens, countTokens(prompt))).toBeLessThan(0.15);
  });

  it('is not called for a call whose usage is known, or that lacks it without being cut', async () => {
    const texts: string[] = [];
    const tokenizer = (text: string): number => texts.push(text);
    const { openai, provider } = await meteredClient({ tokenizer });
    provider.enqueue(chatAnswer({ text: 'one two' }), chatAnswer({ text: 'one two', usageWhen: 'never' }));
    for (let call = 0; call < 2; call += 1) {
      const messages = [{ role: 'user' as const, content: prompt }];
      for await (const _ of await openai.chat.completions.create({ model: 'm', messages, stream: true }));
    }
    expect(texts).toEqual([]);
  });

  it('gets a few kilobytes of a long answer, not all of it', async () => {
    let chars = 0;
    const tokenizer = (text: string): number => {
      chars += text.length;
      return countTokens(text);
    };
    await cutRecord(english, { tokenizer }, 2000);
    expect(chars).toBeGreaterThan(1024);
    expect(chars).toBeLessThan(4096);
  });

  it.for([
    [
      'throws',
      () => {
        throw new Error('no table');
      },
    ],
    ['returns no number', () => NaN],
    ['returns less than nothing', () => -1],
  ] as [string, () => number][])('is replaced by the heuristic where it %s', async ([, tokenizer]) => {
    const errors: string[] = [];
    const record = await cutRecord(english, { tokenizer, onError: ({ code }) => errors.push(code) });
    expect(record.origin).toBe('estimated');
    expect(offBy(record.tokens.outputTokens, countTokens(english) * 60)).toBeLessThan(0.6);
    expect(errors[0]).toBe('metering_failed');
  });
});
