import { describe, expect, it } from 'vitest';
import type { UsageHandlerOptions } from '../../src/browser/handler/handler-options.ts';
import { usageHandler } from '../../src/browser/handler/usage-handler.ts';
import { usageSnapshot } from '../../src/browser/snapshot/usage-snapshot.ts';
import type { SnapshotOptions, UsageSnapshot } from '../../src/browser/snapshot/usage-snapshot.ts';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import type { UsageStore } from '../../src/storage/usage-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

const ada = { userId: 'ada' };
const noon = '2026-11-22T12:00:00.000Z';

describe('usageSnapshot', () => {
  it.for([
    [{ period: 'year' }, 'period: expected one of "all", "day", "month"'],
    [{ timeZone: 'Mars/Base' }, 'timeZone'],
    [{ expose: ['all'] }, 'option "expose": expected a list of "cost" and "models"'],
    [{ colour: 1 }, 'unknown option "colour"'],
  ] as const)('refuses %j, and says why', async ([options, problem]) => {
    await expect(usageSnapshot(memoryStore(), ada, options as never)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringContaining(problem),
    });
  });

  it('is not read by a handler for a period that a function misspelt', async () => {
    const errors: unknown[] = [];
    const handler = usageHandler({
      store: memoryStore(),
      authenticate: () => ada,
      period: () => 'year' as never,
      onError: (error) => errors.push(error),
    });
    expect((await handler(new Request('http://localhost/'))).status).toBe(503);
    expect(errors).toEqual([expect.objectContaining({ code: 'invalid_options' })]);
  });

  it('has tokens of all time, parts inside their totals, and nothing else by itself', async () => {
    const store = await storeWith(
      {
        tokens: {
          inputTokens: 200,
          cacheReadInputTokens: 120,
          outputTokens: 90,
          reasoningOutputTokens: 0,
          totalTokens: 290,
        },
      },
      { tokens: { inputTokens: 10, cacheWriteInputTokens: 4, outputTokens: 5, totalTokens: 15 } },
    );
    expect(await snapshot(store)).toEqual({
      v: 1,
      rev: 2,
      asOf: noon,
      period: {},
      total: 305,
      counts: { input: 210, cached: 120, cacheWrite: 4, output: 95, reasoning: 0 },
    });
    expect(await snapshot(store, { expose: ['cost'] }, { userId: 'nobody' })).toEqual({
      v: 1,
      rev: 0,
      asOf: noon,
      period: {},
      total: 0,
      counts: { input: 0, output: 0 },
      cost: { amount: '0', currency: 'USD', complete: true },
    });
  });

  it('says how much of the total is estimated', async () => {
    const store = await storeWith(
      {},
      { origin: 'estimated', tokens: { inputTokens: 4, outputTokens: 3, totalTokens: 7 } },
    );
    expect(await snapshot(store)).toMatchObject({ total: 307, estimated: 7 });
  });

  it('shows 0 where a correction outweighs the usage', async () => {
    const tokens = { inputTokens: -500, outputTokens: 10, totalTokens: -490 };
    const store = await storeWith(
      {},
      { kind: 'adjustment', tokens, cost: { picoUsd: -1_000_000_000_000, basis: 'override' } },
    );
    expect(await snapshot(store, { expose: ['cost'], quota: { limit: 5 }, days: 1 })).toMatchObject({
      total: 0,
      counts: { input: 0, output: 110 },
      cost: { amount: '0' },
      quota: { used: 0 },
      days: [{ total: 0 }],
    });
  });

  it('reads the same from the fast path of a store and without it', async () => {
    const store = await storeWith({}, {});
    const { userTotals: _fast, ...slow } = store;
    expect(await snapshot(slow)).toEqual(await snapshot(store));
  });

  it.each<[string, Parameters<typeof usageSnapshot>[1], SnapshotOptions]>([
    ['userId', { userId: '' }, {}],
    ['tenantId', { userId: 'ada', tenantId: undefined } as never, {}],
    ['days', ada, { days: 1.5 }],
    ['timeZone', ada, { period: 'day', timeZone: 'Mars/Olympus' }],
    ['period', ada, { period: { start: new Date(Number.NaN) } }],
    ['resetsAt', ada, { period: { start: new Date(5), resetsAt: new Date(5) } }],
    ['quota.limit', ada, { quota: { limit: Number.POSITIVE_INFINITY } }],
  ])('rejects and names a wrong %s', async (name, subject, options) => {
    await expect(usageSnapshot(memoryStore(), subject, options)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringContaining(name),
    });
  });
});

describe('money', () => {
  const costOf = async (...picoUsd: (number | undefined)[]): Promise<UsageSnapshot['cost']> => {
    const costs = picoUsd.map((pico) => ({
      cost: pico === undefined ? { basis: 'unpriced' as const } : { picoUsd: pico, basis: 'card' as const },
    }));
    return (await snapshot(await storeWith(...costs), { expose: ['cost'] })).cost;
  };

  it.each<[number[], string]>([
    [[12_438_100_000_000], '12.4381'],
    [[1], '0.000000000001'],
    [[0], '0'],
    [[10 ** 12], '1'],
    [[Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 1], '18014.398509481983'],
    [Array.from({ length: 1000 }, () => 8_300_000_000), '8.3'],
  ])('of %j pico-dollars is written exactly: %s', async (picoUsd, amount) => {
    expect(await costOf(...picoUsd)).toEqual({ amount, currency: 'USD', complete: true });
  });

  it('is a lower bound where a call has no price, and absent where none has one', async () => {
    expect(await costOf(5 * 10 ** 11, undefined)).toEqual({ amount: '0.5', currency: 'USD', complete: false });
    expect(await costOf(undefined)).toBeUndefined();
  });
});

describe('the period', () => {
  it.each([
    ['day', 'UTC', '2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['month', 'UTC', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['month', 'Asia/Kolkata', '2026-11-30T18:30:00.000Z', '2026-11-30T18:30:00.000Z', '2026-12-31T18:30:00.000Z'],
    ['day', 'Asia/Kathmandu', '2026-11-22T18:14:59.999Z', '2026-11-21T18:15:00.000Z', '2026-11-22T18:15:00.000Z'],
    // 23 and 25 hours
    ['day', 'America/New_York', '2026-03-08T12:00:00.000Z', '2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z'],
    ['day', 'America/New_York', '2026-11-01T12:00:00.000Z', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    // no midnight
    ['day', 'America/Santiago', '2026-09-06T12:00:00.000Z', '2026-09-06T04:00:00.000Z', '2026-09-07T03:00:00.000Z'],
    // half an hour of daylight saving time
    [
      'month',
      'Australia/Lord_Howe',
      '2026-04-15T00:00:00.000Z',
      '2026-03-31T13:00:00.000Z',
      '2026-04-30T13:30:00.000Z',
    ],
  ] as const)(
    '%s in %s at %s counts from its first to before its last instant',
    async (kind, timeZone, now, start, resetsAt) => {
      const edges = [Date.parse(start) - 1, Date.parse(start), Date.parse(resetsAt) - 1, Date.parse(resetsAt)];
      const store = await storeWith(
        ...edges.map((at, index) => ({ startedAt: new Date(at), tokens: { totalTokens: 10 ** index } })),
      );
      const taken = await snapshot(store, { period: kind, timeZone, clock: () => new Date(now) });
      expect(taken).toMatchObject({ total: 110, rev: 4, period: { kind, start, resetsAt, timeZone } });
    },
  );

  it('may be a span of the app, open or closed', async () => {
    const store = await storeWith(
      { startedAt: new Date('2026-11-16'), tokens: { totalTokens: 1 } },
      { startedAt: new Date('2026-11-17'), tokens: { totalTokens: 10 } },
      { startedAt: new Date('2026-12-17'), tokens: { totalTokens: 100 } },
    );
    const start = new Date('2026-11-17');
    expect(await snapshot(store, { period: { start } })).toMatchObject({
      total: 110,
      period: { kind: 'custom', start: start.toISOString() },
    });
    const closed = await snapshot(store, { period: { start, resetsAt: new Date('2026-12-17') } });
    expect(closed).toMatchObject({ total: 10, period: { resetsAt: '2026-12-17T00:00:00.000Z' } });
  });

  it('asked for by a browser changes what is shown, never what the quota counts', async () => {
    const store = await storeWith(
      { startedAt: new Date('2026-10-31T23:30:00Z'), tokens: { totalTokens: 1 } },
      { startedAt: new Date('2026-11-02T00:00:00Z'), tokens: { totalTokens: 10 } },
      { startedAt: new Date('2026-11-22T00:00:00Z'), tokens: { totalTokens: 100 } },
    );
    const asked = (query: string): Promise<UsageSnapshot> =>
      served(store, query, { period: 'month', quota: { limit: 9 } });
    const quota = { unit: 'tokens', used: 110, limit: 9 };
    const month = { start: '2026-11-01T00:00:00.000Z', timeZone: 'UTC' };
    expect(await asked('')).toMatchObject({ total: 110, quota, period: month });
    expect(await asked('?period=all')).toMatchObject({ total: 111, quota, period: {} });
    expect(await asked('?period=day')).toMatchObject({ total: 100, quota });
    expect(await asked('?timeZone=Europe/Berlin')).toMatchObject({ total: 110, quota, period: month });
    expect(await asked('?period=month&timeZone=Europe/Berlin')).toMatchObject({
      total: 111,
      quota,
      period: { start: '2026-10-31T23:00:00.000Z', timeZone: 'Europe/Berlin' },
    });
  });

  it('by function is each user’s own', async () => {
    const store = await storeWith({ startedAt: new Date('2026-11-10') }, { startedAt: new Date('2026-11-20') });
    const period = async ({ userId }: { userId: string }) =>
      userId === 'ada' ? { start: new Date('2026-11-17') } : ('all' as const);
    expect(await served(store, '', { period })).toMatchObject({ total: 300, period: { kind: 'custom' } });
    expect(await served(store, '', { period, authenticate: () => ({ userId: 'bob' }) })).toMatchObject({ period: {} });
  });
});

describe('days', () => {
  it.each([
    ['America/New_York', '2026-03-09T03:59:59.999Z', ['2026-03-07', '2026-03-08'], '2026-03-08T04:59:59.999Z', 23],
    ['America/New_York', '2026-11-02T04:59:59.999Z', ['2026-10-31', '2026-11-01'], '2026-11-01T03:59:59.999Z', 25],
    ['America/St_Johns', '2026-11-02T03:29:59.999Z', ['2026-10-31', '2026-11-01'], '2026-11-01T02:29:59.999Z', 25],
    ['Asia/Kathmandu', '2026-11-22T18:14:59.999Z', ['2026-11-21', '2026-11-22'], '2026-11-21T18:14:59.999Z', 24],
    ['Africa/Cairo', '2026-04-24T20:59:59.999Z', ['2026-04-23', '2026-04-24'], '2026-04-23T21:59:59.999Z', 23],
  ])('in %s put one record an hour, up to %s, into %j', async (timeZone, now, dates, lastOfFirstDay, hoursOfSecond) => {
    const end = Date.parse(now);
    const store = await storeWith(
      ...Array.from({ length: 72 }, (_, hour) => ({
        startedAt: new Date(end - hour * 3_600_000),
        tokens: { totalTokens: 1 },
      })),
    );
    const { days } = await snapshot(store, { days: 2, timeZone, clock: () => new Date(now) });
    expect(days?.map(({ day }) => day)).toEqual(dates);
    expect(days?.[1]?.total).toBe(hoursOfSecond);
    const before = await snapshot(store, { days: 1, timeZone, clock: () => new Date(lastOfFirstDay) });
    expect(before.days).toEqual([days?.[0]]);
  });

  it('have no gap, reach back beyond the period, and end today', async () => {
    const store = await storeWith({ startedAt: new Date('2026-10-30T10:00:00Z') }, { startedAt: new Date(noon) });
    const { days, total } = await snapshot(store, { days: 30, period: 'month', expose: ['cost'] });
    expect(total).toBe(300);
    expect(days).toHaveLength(30);
    expect(days?.filter((day) => day.total > 0)).toEqual([
      { day: '2026-10-30', total: 300, cost: { amount: '0.00025', currency: 'USD', complete: true } },
      { day: '2026-11-22', total: 300, cost: { amount: '0.00025', currency: 'USD', complete: true } },
    ]);
    expect(new Set(days?.map(({ day }) => day)).size).toBe(30);
  });

  it('say that their cost is a lower bound where a call of theirs has no price, in the period or not', async () => {
    const store = await storeWith(
      { startedAt: new Date('2026-10-30T10:00:00Z'), cost: { basis: 'unpriced' } },
      { startedAt: new Date(noon) },
    );
    const { cost, days } = await snapshot(store, { days: 30, period: 'month', expose: ['cost'] });
    expect(cost?.complete).toBe(true);
    expect(days?.filter((day) => day.total > 0)).toEqual([
      { day: '2026-10-30', total: 300 },
      { day: '2026-11-22', total: 300, cost: { amount: '0.00025', currency: 'USD', complete: false } },
    ]);
  });

  it('are as many as a browser asks for, up to a year', async () => {
    const store = await storeWith({});
    expect((await served(store, '?days=3', { days: 7 })).days).toHaveLength(3);
    expect((await served(store, '', { days: 7 })).days).toHaveLength(7);
    expect(await served(store, '?days=0', { days: 7 })).not.toHaveProperty('days');
    const { days } = await served(store, '?days=366&timeZone=America/Havana');
    expect([days?.length, days?.[0]?.day, days?.at(-1)?.day]).toEqual([366, '2025-11-22', '2026-11-22']);
  });
});

describe('models', () => {
  it('split the period, most tokens first, with what each cost', async () => {
    const store = await storeWith(
      { responseModel: 'small', tokens: { totalTokens: 5 }, cost: { picoUsd: 10 ** 12, basis: 'card' } },
      { responseModel: 'big', tokens: { totalTokens: 50 }, cost: { picoUsd: 2 * 10 ** 12, basis: 'card' } },
      { responseModel: 'small', tokens: { totalTokens: 6 }, cost: { picoUsd: 10 ** 12, basis: 'card' } },
      { responseModel: 'late', startedAt: new Date('2026-12-01') },
    );
    const cost = { amount: '2', currency: 'USD', complete: true };
    const taken = await snapshot(store, { period: 'month', expose: ['cost', 'models'] });
    expect(taken.models).toEqual([
      { model: 'big', total: 50, cost },
      { model: 'small', total: 11, cost },
    ]);
    expect(taken.models?.reduce((sum, { total }) => sum + total, 0)).toBe(taken.total);
  });
});

describe('the quota', () => {
  it('counts tokens or money of the period, or takes what the app counted', async () => {
    const store = await storeWith({}, { startedAt: new Date('2026-10-01') });
    const options = { period: 'month', expose: ['cost'] } as const;
    const quotaOf = async (quota: NonNullable<SnapshotOptions['quota']>): Promise<unknown> =>
      (await snapshot(store, { ...options, quota })).quota;
    expect(await quotaOf({ limit: 1000 })).toEqual({ unit: 'tokens', used: 300, limit: 1000 });
    expect(await quotaOf({ unit: 'cost', limit: 5 })).toEqual({
      unit: 'cost',
      used: 0.00025,
      limit: 5,
      currency: 'USD',
    });
    expect(await quotaOf({ limit: 0, used: 7, reserved: 2 })).toEqual({
      unit: 'tokens',
      used: 7,
      limit: 0,
      reserved: 2,
    });
  });

  it('by function is each user’s own, or none', async () => {
    const store = await storeWith({});
    const quota = async ({ userId }: { userId: string }) => (userId === 'ada' ? { limit: 77 } : null);
    expect(await served(store, '', { quota })).toMatchObject({ quota: { limit: 77, used: 300 } });
    expect(await served(store, '', { quota, authenticate: () => ({ userId: 'x' }) })).not.toHaveProperty('quota');
  });
});

describe('the last reply', () => {
  it('is the newest message with all its calls', async () => {
    const store = await storeWith(
      { attribution: { ...ada, messageId: 'm1' } },
      { attribution: { ...ada, messageId: 'm2' }, cost: { basis: 'unpriced' } },
      { attribution: { userId: 'bob', messageId: 'm2' } },
      { attribution: { ...ada, messageId: 'm2' }, startedAt: new Date('2026-11-22T11:00:00Z') },
    );
    expect((await snapshot(store, { last: true, expose: ['cost'] })).last).toEqual({
      id: 'm2',
      at: '2026-11-22T11:00:00.000Z',
      total: 600,
      counts: { input: 400, output: 200 },
      cost: { amount: '0.00025', currency: 'USD', complete: false },
    });
  });

  it('is absent where the newest call belongs to no message, and where there is none', async () => {
    const store = await storeWith({ attribution: { ...ada, messageId: 'm1' } }, { attribution: ada });
    expect(await snapshot(store, { last: true })).not.toHaveProperty('last');
    expect(await snapshot(store, { last: true }, { userId: 'nobody' })).not.toHaveProperty('last');
  });

  it('is no correction: neither one of an older message, nor a credit without a message', async () => {
    const correction = { kind: 'adjustment', tokens: {}, cost: { basis: 'override', picoUsd: -1 } } as const;
    const store = await storeWith(
      { attribution: { ...ada, messageId: 'm1' } },
      { attribution: { ...ada, messageId: 'm2' } },
      { ...correction, attribution: { ...ada, messageId: 'm1' } },
      { ...correction, attribution: ada },
    );
    expect((await snapshot(store, { last: true })).last?.id).toBe('m2');
    const credited = await storeWith({ ...correction, attribution: { ...ada, messageId: 'm1' } });
    expect(await snapshot(credited, { last: true })).not.toHaveProperty('last');
  });
});

async function storeWith(...records: Partial<UsageRecord>[]): Promise<ReturnType<typeof memoryStore>> {
  const store = memoryStore();
  await store.append(records.map((record, index) => usageRecord({ attribution: ada, ...record, id: String(index) })));
  return store;
}

function snapshot(store: UsageStore, options: SnapshotOptions = {}, subject = ada): Promise<UsageSnapshot> {
  return usageSnapshot(store, subject, { clock: () => new Date(noon), ...options });
}

async function served(
  store: UsageStore,
  query: string,
  options: Partial<UsageHandlerOptions> = {},
): Promise<UsageSnapshot> {
  const handler = usageHandler({ store, authenticate: () => ada, clock: () => new Date(noon), ...options });
  return (await (await handler(new Request(`http://host/usage${query}`))).json()) as UsageSnapshot;
}
