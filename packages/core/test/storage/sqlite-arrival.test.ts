import { afterAll, beforeAll, expect, it } from 'vitest';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import type { RecordsQuery } from '../../src/storage/usage-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

const store = sqliteStore({ path: ':memory:' });

/** Both sides of where one look at the table ends and the next one begins, from either end, and near both ends. */
const borders = new Set([1, 4999, 5000, 6999, 7000, 11_000]);

/** More than a page, a batch and a window of the table; times go against the order of arrival for every second record. */
const records = Array.from({ length: 12_000 }, (_, index) =>
  usageRecord({
    id: `${index}`,
    startedAt: new Date(Date.UTC(2026, 10, 1) + (index % 2 === 0 ? index : -index) * 1000),
    responseModel: index % 1000 === 7 ? 'rare' : 'usual',
    attribution: {
      ...(index % 4 === 3 ? {} : { userId: index % 4 === 0 ? 'few' : 'many' }),
      ...(borders.has(index) ? { tenantId: 'far apart' } : {}),
    },
  }),
);

beforeAll(async () => {
  await store.append(records);
});
afterAll(async () => {
  await store.close();
});

const cases: readonly [name: string, query: RecordsQuery, matches: (record: UsageRecord) => boolean][] = [
  ['all records', {}, () => true],
  ['a user', { userId: 'few' }, ({ attribution }) => attribution.userId === 'few'],
  ['nobody', { userId: null }, ({ attribution }) => attribution.userId === undefined],
  [
    'a user and a model',
    { userId: 'many', model: 'rare' },
    ({ attribution, responseModel }) => attribution.userId === 'many' && responseModel === 'rare',
  ],
  [
    'a tenant with records far apart',
    { tenantId: 'far apart' },
    ({ attribution }) => attribution.tenantId !== undefined,
  ],
  ['a user without records', { userId: 'unknown' }, () => false],
];

it.for(cases)('records of %s come in order of arrival, and newest first', async ([, query, matches]) => {
  const expected = records.filter(matches).map(({ id }) => id);
  expect((await idsOf(query)).ids).toEqual(expected);
  expect((await idsOf({ ...query, order: 'newest' })).ids).toEqual(expected.toReversed());
});

it.for(cases)('records of %s go on behind the cursor of any limit', async ([, query, matches]) => {
  const expected = records.filter(matches).map(({ id }) => id);
  for (const order of ['arrival', 'newest'] as const) {
    const wanted = order === 'arrival' ? expected : expected.toReversed();
    // oxlint-disable-next-line no-await-in-loop -- one reading after the other
    const first = await idsOf({ ...query, order, limit: 137 });
    expect(first.ids).toEqual(wanted.slice(0, 137));
    if (first.cursor === undefined) continue;
    // oxlint-disable-next-line no-await-in-loop -- see above
    const second = await idsOf({ ...query, order, after: first.cursor });
    expect(second.ids).toEqual(wanted.slice(137));
  }
});

it('a record that arrives while a user is read is not skipped', async () => {
  const own = sqliteStore({ path: ':memory:' });
  const attribution = { userId: 'u' };
  await own.append(Array.from({ length: 2500 }, (_, index) => usageRecord({ id: `${index}`, attribution })));
  const seen: string[] = [];
  for await (const { id } of own.records({ userId: 'u' })) {
    seen.push(id);
    if (id === '1') await own.append([usageRecord({ id: 'late', startedAt: new Date(0), attribution })]);
  }
  expect(seen.length).toBe(2501);
  expect(seen.at(-1)).toBe('late');
  await own.close();
});

it('a user with most of the records is read in order too', async () => {
  const own = sqliteStore({ path: ':memory:' });
  const crowd = Array.from({ length: 57_000 }, (_, index) =>
    usageRecord({ id: `${index}`, attribution: { userId: index > 1000 && index < 7500 ? 'other' : 'crowd' } }),
  );
  await own.append(crowd);
  const expected = crowd.filter(({ attribution }) => attribution.userId === 'crowd').map(({ id }) => id);
  const newest: string[] = [];
  for await (const { id } of own.records({ userId: 'crowd', order: 'newest' })) newest.push(id);
  expect(newest.toReversed()).toEqual(expected);
  const some: string[] = [];
  for await (const { id } of own.records({ userId: 'crowd', limit: 1500 })) some.push(id);
  expect(some).toEqual(expected.slice(0, 1500));
  await own.close();
});

it('every set of fields comes back as it was', async () => {
  const own = sqliteStore({ path: ':memory:' });
  const fields = ['requestModel', 'responseModel', 'serviceTier', 'responseId', 'requestId'] as const;
  // More shapes than there are statements for shapes of their own.
  const shapes = Array.from({ length: 2 ** fields.length * 2 }, (_unused, bits): UsageRecord => {
    const { requestModel: _request, responseModel: _response, ...bare } = usageRecord({ id: `${bits}` });
    const filled = fields.filter((_, index) => (bits >> index) & 1);
    return {
      ...bare,
      ...Object.fromEntries(filled.map((field) => [field, `${field} ${bits}`])),
      ...(bits < 32 ? {} : { tokens: {}, cost: { basis: 'unpriced' as const }, streamed: false, attempt: 3 }),
    };
  });
  await own.append(shapes);
  const seen = [];
  for await (const { cursor: _, ...record } of own.records({})) seen.push(record);
  expect(seen).toEqual(shapes);
  await own.close();
});

async function idsOf(query: RecordsQuery): Promise<{ ids: string[]; cursor: string | undefined }> {
  const ids: string[] = [];
  let last: string | undefined;
  for await (const { id, cursor } of store.records(query)) {
    ids.push(id);
    last = cursor;
  }
  return { ids, cursor: last };
}
