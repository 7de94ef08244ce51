import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UsageHandlerOptions } from '../../src/browser/handler/handler-options.ts';
import { usageHandler } from '../../src/browser/handler/usage-handler.ts';
import type { UsageSnapshot } from '../../src/browser/snapshot/usage-snapshot.ts';
import type { UsageSubject } from '../../src/browser/usage-subject.ts';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import type { UsageStore } from '../../src/storage/usage-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

const clock = (): Date => new Date('2026-11-22T12:00:00.000Z');
const nasty = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  '0',
  ' ',
  ' ada',
  'ada',
  'Ada',
  'ada\u0000',
  'ada\u0000bob',
  '%',
  '_',
  '*',
  "' OR 1=1 --",
  '{"$ne":null}',
  '$where',
  'a.b',
  // One letter in two spellings, and one that is not there to be seen.
  'e\u0301',
  '\u00e9',
  'ada\u200b',
  // Half of a pair.
  '\ud83d',
  '\ud83d\ude00',
  'x'.repeat(100_000),
];
const id = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme' }),
);
const subject: fc.Arbitrary<UsageSubject> = fc.oneof(
  fc.record({ userId: id }),
  fc.record({ userId: id, tenantId: id }),
);

describe.each<[string, () => UsageStore, number]>([
  ['memoryStore', memoryStore, 300],
  ['sqliteStore', () => sqliteStore({ path: ':memory:' }), 60],
])('on %s', (_name, makeStore, numRuns) => {
  it('nobody is shown what was not recorded for just that user, in just that tenant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(subject, { minLength: 2, maxLength: 12 }), subject, async (owners, stranger) => {
        const store = makeStore();
        // Powers of two: the sum tells which records are in it.
        const records = owners.map((attribution, index) => recordOf(attribution, index));
        await store.append([...records, usageRecord({ id: 'of nobody', attribution: {} })]);
        for (const asked of [...owners, stranger]) {
          // oxlint-disable-next-line no-await-in-loop -- one question after the other
          const snapshot = await snapshotOf(store, asked);
          const own = records.filter(({ attribution }) => isOwn(attribution, asked));
          const total = own.reduce((sum, { tokens }) => sum + (tokens.totalTokens ?? 0), 0);
          expect(snapshot.total).toBe(total);
          expect(snapshot.quota?.used).toBe(total);
          expect(snapshot.days?.reduce((sum, day) => sum + day.total, 0)).toBe(total);
          expect(new Set(snapshot.models?.map(({ model }) => model))).toEqual(
            new Set(own.map(({ responseModel }) => responseModel)),
          );
          expect(snapshot.last?.id).toBe(own.at(-1)?.attribution.messageId);
        }
        await store.close();
      }),
      { numRuns },
    );
  });
});

it('nothing in a request names another user', async () => {
  const store = memoryStore();
  await store.append([recordOf({ userId: 'ada' }, 0), recordOf({ userId: 'bob', tenantId: 'acme' }, 1)]);
  const handler = usageHandler({ store, authenticate: () => ({ userId: 'ada' }) });
  const names = ['userId', 'user', 'user_id', 'tenantId', 'subject', 'userId[]', '__proto__', 'conversationId', 'from'];
  const query = new URLSearchParams(names.map((name): [string, string] => [name, 'bob']));
  const headers = Object.fromEntries(['x-user-id', 'x-tenant-id', 'authorization'].map((name) => [name, 'bob']));
  const answer = await handler(new Request(`http://host/bob?${query.toString()}`, { headers }));
  expect(await answer.json()).toMatchObject({ total: 1, rev: 1 });
});

describe('without expose', () => {
  it.each<[string, Partial<UsageHandlerOptions>]>([
    ['plain', {}],
    ['everything else on', { period: 'month', days: 30, last: true, quota: { limit: 100 } }],
    ['a quota in money by function', { quota: () => ({ unit: 'cost', limit: 98_765, used: 4321.5 }) }],
  ])('neither money nor models are in the snapshot: %s', async (_name, options) => {
    const text = JSON.stringify(await snapshotOf(await pricedStore(), { userId: 'ada' }, { ...options, expose: [] }));
    expect(text).toContain('"total":1');
    expect(text).not.toMatch(/cost|usd|amount|currency|model|gpt|openai|secret|98765|4321/i);
    expect(text).not.toContain('777');
  });

  it('exposing one does not expose the other', async () => {
    const store = await pricedStore();
    const options = { days: 1, last: true };
    const cost = JSON.stringify(await snapshotOf(store, { userId: 'ada' }, { ...options, expose: ['cost'] }));
    expect(cost).toContain('"amount":"0.000777"');
    expect(cost).not.toMatch(/secret|model/);
    const models = JSON.stringify(await snapshotOf(store, { userId: 'ada' }, { ...options, expose: ['models'] }));
    expect(models).toContain('secret-model');
    expect(models).not.toMatch(/777|amount|cost/);
  });
});

async function pricedStore(): Promise<UsageStore> {
  const store = memoryStore();
  await store.append([
    {
      ...recordOf({ userId: 'ada' }, 0),
      responseModel: 'secret-model',
      cost: { picoUsd: 777_000_000, basis: 'card' },
      rawUsage: { cost: 0.000777 },
    },
  ]);
  return store;
}

function recordOf(owner: UsageSubject, index: number): UsageRecord {
  return usageRecord({
    id: `record ${index}`,
    responseModel: `model ${index}`,
    startedAt: clock(),
    tokens: { inputTokens: 2 ** index, outputTokens: 0, totalTokens: 2 ** index },
    attribution: { ...owner, messageId: `message ${index}` },
  });
}

/** Without a tenant in the question, a user's usage in all tenants is theirs. */
function isOwn(attribution: UsageRecord['attribution'], asked: UsageSubject): boolean {
  return (
    attribution.userId === asked.userId && (asked.tenantId === undefined || attribution.tenantId === asked.tenantId)
  );
}

async function snapshotOf(
  store: UsageStore,
  asked: UsageSubject,
  options: Partial<UsageHandlerOptions> = {},
): Promise<UsageSnapshot> {
  const handler = usageHandler({
    store,
    authenticate: () => asked,
    expose: ['models'],
    quota: { limit: 1 },
    days: 2,
    last: true,
    clock,
    ...options,
  });
  const answer = await handler(new Request('http://host/usage'));
  expect(answer.status).toBe(200);
  return (await answer.json()) as UsageSnapshot;
}
