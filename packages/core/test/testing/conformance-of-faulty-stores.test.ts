import { expect, it } from 'vitest';
import type { UsageStore } from '../../src/index.ts';
import { memoryStore } from '../../src/index.ts';
import { usagePoint } from '../../src/store-kit.ts';
import { usageStoreConformance } from '../../src/testing/index.ts';

type Query = Parameters<UsageStore['totals']>[0];

const without = <Q extends Query>(query: Q, name: keyof Query): Q => ({ ...query, [name]: undefined });
const includingTo = <Q extends Query>(query: Q): Q =>
  query.to === undefined ? query : { ...query, to: new Date(query.to.getTime() + 1) };
const afterFrom = <Q extends Query>(query: Q): Q =>
  query.from === undefined ? query : { ...query, from: new Date(query.from.getTime() + 1) };
const byFirstTag = <Q extends Query>(query: Q): Q =>
  query.tags === undefined ? query : { ...query, tags: Object.fromEntries(Object.entries(query.tags).slice(0, 1)) };
const nobodyIsEverybody = <Q extends Query>(query: Q): Q => (query.userId === null ? without(query, 'userId') : query);

/** What a store may do to a question before it answers it. */
const faults: Readonly<Record<string, <Q extends Query>(query: Q) => Q>> = {
  'includes to': includingTo,
  'excludes from': afterFrom,
  'goes by the first tag alone': byFirstTag,
  'takes no user for every user': nobodyIsEverybody,
};
/** As one does that has sums of its own for a time, or for a tenant. */
const alone = <Q extends Query>(query: Q, kept: keyof Query, other: keyof Query): Q =>
  query[kept] === undefined ? query : without(query, other);
for (const [kept, other] of [
  ['from', 'tenantId'],
  ['from', 'conversationId'],
  ['to', 'messageId'],
  ['to', 'tags'],
  ['from', 'model'],
  ['tenantId', 'conversationId'],
  ['tenantId', 'messageId'],
  ['tenantId', 'to'],
] as const) {
  Object.assign(faults, { [`ignores ${other} beside ${kept}`]: (query: Query) => alone(query, kept, other) });
}
const fields = ['userId', 'tenantId', 'conversationId', 'messageId', 'model', 'tags', 'from', 'to'] as const;
for (const field of fields) Object.assign(faults, { [`ignores ${field}`]: (query: Query) => without(query, field) });

const methods = ['totals', 'series', 'records'] as const;
const faulty: readonly [string, (store: UsageStore) => UsageStore][] = [
  ...Object.entries(faults).flatMap(([fault, change]) =>
    methods.map((method): [string, (store: UsageStore) => UsageStore] => [
      `${method} ${fault}`,
      (store) => ({ ...store, [method]: (query: Query) => store[method](change(query) as never) }),
    ]),
  ),
  ['records takes no cursor', (store) => ({ ...store, records: (query) => store.records({ ...query, after: '0' }) })],
  [
    'records takes no cursor backwards',
    (store) => ({
      ...store,
      records: ({ after, ...query }) =>
        store.records(after === undefined || query.order === 'newest' ? query : { ...query, after }),
    }),
  ],
  [
    'records compares cursors as text',
    (store) => ({
      ...store,
      async *records(query) {
        for await (const record of store.records(query)) {
          if (query.order === 'newest' || query.after === undefined || record.cursor > query.after) yield record;
        }
      },
    }),
  ],
  [
    'records keeps whole seconds of a start',
    (store) => ({
      ...store,
      async *records(query) {
        for await (const record of store.records(query)) {
          yield { ...record, startedAt: new Date(Math.floor(record.startedAt.getTime() / 1000) * 1000) };
        }
      },
    }),
  ],
  [
    'series takes an empty user for none',
    (store) => ({
      ...store,
      async series(query) {
        const points = await store.series(query);
        return points.map(({ userId, ...point }) =>
          usagePoint(userId === undefined || userId === '' ? point : { ...point, userId }),
        );
      },
    }),
  ],
  ['userTotals is of everybody', (store) => ({ ...store, userTotals: () => store.totals({}) })],
  ['close closes nothing', (store) => ({ ...store, close: () => Promise.resolve() })],
];

/** The likely ones first: the suite goes on for seconds, and one that fails is enough. */
const cases = usageStoreConformance.toSorted((a, b) => Number(isLikely(b.name)) - Number(isLikely(a.name)));

function isLikely(name: string): boolean {
  return /every kind of query|in pieces|fast path|clos/.test(name);
}

it.for(faulty)('the suite finds a store whose %s', async ([, broken]) => {
  const found: string[] = [];
  for (const { name, run } of cases) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one case after the other
      await run(() => broken(memoryStore()));
    } catch {
      found.push(name);
      break;
    }
  }
  expect(found).not.toEqual([]);
});
