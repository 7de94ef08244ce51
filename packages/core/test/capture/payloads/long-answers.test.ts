import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import { recordedAnswer } from '../../../src/testing/index.ts';
import { readAll } from '../../read-all.ts';
import { hi, startProvider } from '../../testing/fake-provider-fixture.ts';

const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const tokens = { inputTokens: 7, outputTokens: 5, totalTokens: 12 };
const message = { content: 'x'.repeat(30_000) };
const nested = { usage: { prompt_tokens: 999, completion_tokens: 1 } };
const timings = { cache_n: 3, prompt_n: 4, predicted_n: 5 };

/** Plain answers beyond what is parsed whole. */
const answers: readonly (readonly [name: string, answer: object, expected: object])[] = [
  ['behind what the model said', { choices: [{ message }], usage }, { tokens }],
  ['in front of a nested one', { usage, choices: [{ message: { ...message, provider: nested } }] }, { tokens }],
  ['in front of a later one of something else', { choices: [{ message }], usage, debug: nested }, { tokens }],
  ['within the choice', { choices: [{ message, usage }] }, { tokens }],
  ['of llama.cpp alone', { choices: [{ message }], timings }, { tokens: { ...tokens, cacheReadInputTokens: 3 } }],
  [
    'with its cached tokens beside it',
    { choices: [{ message }], usage, perf_metrics: { 'cached-prompt-tokens': '4' } },
    { tokens: { ...tokens, cacheReadInputTokens: 4 } },
  ],
  ['with an error', { choices: [{ message }], error: { code: 5 }, usage }, { tokens, outcome: 'failed' }],
];

it.for(
  answers.flatMap(([name, answer, expected]) =>
    (['text', 'json', 'arrayBuffer'] as const).map((how) => [name, how, answer, expected] as const),
  ),
)('a long answer has its usage %s, read by %s', async ([, how, answer, expected]) => {
  const body = JSON.stringify({ id: 'c1', model: 'm-1', ...answer, service_tier: 'flex' });
  const provider = await startProvider({ answers: [recordedAnswer({ body, splitEvery: 9000 })] });
  const store = memoryStore();
  const meter = createMeter({ store });
  const url = `${provider.baseURL}/chat/completions`;
  const response = await meter.fetch()(url, { method: 'POST', body: JSON.stringify(hi) });
  await response[how]();
  await meter.flush();
  const facts = { outcome: 'completed', responseId: 'c1', responseModel: 'm-1', serviceTier: 'flex' };
  expect(await readAll(store.records({}))).toMatchObject([{ origin: 'reported', ...facts, ...expected }]);
  await meter.close();
});
