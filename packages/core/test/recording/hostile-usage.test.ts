import { describe, expect, it, vi } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import type { UsageRecord } from '../../src/index.ts';
import { recordedAnswer } from '../../src/testing/index.ts';
import { readAll } from '../read-all.ts';
import { hi, startProvider } from '../testing/fake-provider-fixture.ts';

const counts = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const tokens = { inputTokens: 7, outputTokens: 5, totalTokens: 12 };

/** What is stored of a plain answer. */
async function recordsOf(body: string, path = '/chat/completions'): Promise<readonly UsageRecord[]> {
  const provider = await startProvider({ answers: [recordedAnswer({ body })] });
  const store = memoryStore();
  const errors: unknown[] = [];
  const meter = createMeter({ store, onError: (error) => errors.push(error) });
  const response = await meter.fetch()(`${provider.baseURL}${path}`, { method: 'POST', body: JSON.stringify(hi) });
  expect(await response.text()).toBe(body);
  await meter.flush();
  await meter.close();
  expect(errors).toEqual([]);
  return readAll(store.records({}));
}

function chatBody(usage: object, more: object = {}): string {
  return JSON.stringify({ id: 'c1', model: 'm-1', choices: [], usage, ...more });
}

describe('what a provider puts into its usage object', () => {
  it('is stored where it is a number or a name, and not where it may be text', async () => {
    const details = { cached_tokens: 1, prompt: 'What is the', list: [1, 'a b', 'tier-1', { words: ['Grüße'] }] };
    const named = { cost: '0.0012', service_tier: 'flex', is_byok: false, nothing: null, ['k'.repeat(101)]: 1 };
    const long = 'x'.repeat(101);
    const [record] = await recordsOf(
      chatBody({ ...counts, ...named, long, prompt_tokens_details: details, answer: 'two words' }),
    );
    expect(record?.rawUsage).toEqual({
      ...counts,
      cost: '0.0012',
      service_tier: 'flex',
      is_byok: false,
      nothing: null,
      prompt_tokens_details: { cached_tokens: 1, list: [1, null, 'tier-1', { words: [null] }] },
    });
  });

  it.for([
    ['is nested deeper than the stack', `{"a":`.repeat(50_000) + '1' + '}'.repeat(50_000)],
    ['has more members than any', `[${'0,'.repeat(200_000)}0]`],
  ])('costs no record where it %s', async ([, value]) => {
    const body = chatBody(counts).replace('"total_tokens"', `"odd":${value},"total_tokens"`);
    const [record, ...others] = await recordsOf(body);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ tokens, origin: 'reported', responseId: 'c1' });
    expect(JSON.stringify(record).length).toBeLessThan(1024);
  });

  it('is its own, also under the names of what objects have by nature', async () => {
    const body = chatBody(counts).replace('"total_tokens"', '"__proto__":{"odd":1},"toJSON":2,"total_tokens"');
    const [record] = await recordsOf(body);
    expect(Object.entries(record?.rawUsage ?? {})).toContainEqual(['__proto__', { odd: 1 }]);
    expect(record?.rawUsage).toMatchObject({ toJSON: 2 });
    expect({}).not.toHaveProperty('odd');
  });
});

it('names longer than any are left out of the record', async () => {
  const long = 'n'.repeat(1001);
  const [record] = await recordsOf(chatBody(counts, { id: long, model: long, service_tier: long }));
  expect(record).toMatchObject({ tokens, requestModel: hi.model });
  for (const field of ['responseId', 'responseModel', 'serviceTier']) expect(record).not.toHaveProperty(field);
});

it.for([
  ['milliseconds', Date.now()],
  ['an hour ahead', Date.now() / 1000 + 3600],
  ['no time at all', 1e300],
])('an object that says it came about later than it was asked for is placed there: %s', async ([, created]) => {
  const object = { id: 'r1', object: 'response', status: 'completed', background: true, created_at: created };
  const before = Date.now();
  const usage = { input_tokens: 7, output_tokens: 5, total_tokens: 12 };
  const [record] = await recordsOf(JSON.stringify({ ...object, model: 'm-1', output: [], usage }), '/responses');
  expect(record).toMatchObject({ tokens });
  expect(record?.startedAt.getTime()).toBeGreaterThanOrEqual(before);
  expect(record?.startedAt.getTime()).toBeLessThanOrEqual(Date.now());
});

it('an answer of nothing but broken usage objects is given up after a few', async () => {
  const parse = vi.spyOn(JSON, 'parse');
  const [record] = await recordsOf(`{"id":"c1","x":[${'{"usage":{"a":['.repeat(3000)}`);
  const calls = parse.mock.calls.length;
  parse.mockRestore();
  expect(record).toMatchObject({ origin: 'missing' });
  expect(calls).toBeLessThan(100);
});
