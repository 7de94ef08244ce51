import assert from 'node:assert/strict';
import type { SeriesQuery } from '../../storage/usage-store.ts';
import { usageRecord } from '../usage-record-builder.ts';
import { storeCase } from './conformance-case.ts';
import type { UsageStoreCase } from './conformance-case.ts';
import { expectedSeries, inFixedOrder, jsonOf } from './expected-usage.ts';
import { mixedQueries, queryInstants } from './mixed-queries.ts';
import { mixedRecords } from './mixed-records.ts';

/** Instants at which the clocks of the zones below change in 2026, and the turn of a month. */
const turns = [
  '2026-03-08T05:30:00Z', // America/St_Johns forward
  '2026-03-08T07:00:00Z', // America/New_York forward
  '2026-04-04T15:00:00Z', // Australia/Lord_Howe back by half an hour
  '2026-10-03T15:30:00Z', // Australia/Lord_Howe forward by half an hour
  '2026-11-01T04:30:00Z', // America/St_Johns back
  '2026-11-01T06:00:00Z', // America/New_York back
  '2026-11-30T18:30:00Z', // midnight in Asia/Kolkata, and a new month
  '2026-12-31T18:15:00Z', // midnight in Asia/Kathmandu, and a new year
];
const minutes = [-1500, -720, -61, -46, -31, -16, -1, 0, 14, 29, 31, 59, 61, 91, 119, 725, 1490];
const instants: readonly Date[] = turns.flatMap((turn) =>
  minutes.map((minute) => new Date(Date.parse(turn) + minute * 60_000 + 1)),
);

const timeZones = [
  undefined,
  'UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/St_Johns',
  'America/New_York',
  'Australia/Lord_Howe',
];

/** Cases about `series`. */
export const seriesCases: readonly UsageStoreCase[] = [
  ...timeZones.map((timeZone) =>
    storeCase(`cuts hours, days and months by the clock of ${timeZone ?? 'UTC when no zone is named'}`, (store) =>
      checkSeries(
        store,
        (['hour', 'day', 'month'] as const).map((bucket) =>
          timeZone === undefined ? { bucket } : { bucket, timeZone },
        ),
      ),
    ),
  ),
  storeCase('splits buckets by model, user and tenant', (store) =>
    checkSeries(
      store,
      (['model', 'user', 'tenant'] as const).map((by) => ({ bucket: 'month', timeZone: 'Asia/Kolkata', by })),
    ),
  ),
  storeCase('restricts a series by the query', (store) =>
    checkSeries(store, [
      { bucket: 'day', userId: 'user-1' },
      { bucket: 'day', userId: null, by: 'user' },
      { bucket: 'month', tags: { feature: 'chat' }, model: 'model-a' },
      { bucket: 'hour', tenantId: 'tenant-1', conversationId: 'conversation-1', by: 'model' },
      { bucket: 'day', userId: 'user-2', from: new Date('2026-04-04T15:00:00.001Z'), to: new Date('2026-11-01T06:14') },
      { bucket: 'day', messageId: 'message-1', timeZone: 'America/New_York', from: new Date('2026-10-01') },
      { bucket: 'day', userId: 'nobody' },
    ]),
  ),
  storeCase('restricts a series by every kind of query, to the millisecond', (store) =>
    checkSeries(
      store,
      mixedQueries.map((query) => ({ ...query, bucket: 'day', timeZone: 'Asia/Kolkata' })),
      queryInstants,
    ),
  ),
  storeCase('counts a call in each bucket its attempts fall into, and once in each', async (store) => {
    await store.append([
      usageRecord({ id: 'a', callId: 'c', startedAt: onOneDay('10:10:00') }),
      usageRecord({ id: 'b', callId: 'c', startedAt: onOneDay('10:50:00') }),
      usageRecord({ id: 'd', callId: 'c', startedAt: onOneDay('11:00:00') }),
      usageRecord({ id: 'e', startedAt: onOneDay('10:59:59.999') }),
    ]);
    const calls = async (bucket: 'hour' | 'day'): Promise<number[]> =>
      (await store.series({ bucket, userId: 'user-1' })).map((point) => point.calls);
    assert.deepEqual([await calls('hour'), await calls('day')], [[2, 1], [2]]);
  }),
  storeCase('gives the buckets oldest first, and none where there are no records', async (store) => {
    const days = ['2026-11-03', '2020-02-29', '2026-11-01'];
    await store.append(days.map((day) => usageRecord({ id: day, startedAt: new Date(`${day}T12:00:00Z`) })));
    const points = await store.series({ bucket: 'day' });
    assert.deepEqual(
      points.map(({ at }) => at),
      days.toSorted().map((day) => new Date(day)),
    );
  }),
];

function onOneDay(time: string): Date {
  return new Date(`2026-11-22T${time}Z`);
}

async function checkSeries(
  store: Parameters<Parameters<typeof storeCase>[1]>[0],
  questions: readonly SeriesQuery[],
  startedAt = instants,
): Promise<void> {
  const records = mixedRecords(500, startedAt);
  await store.append(records);
  for (const question of questions) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    const points = await store.series(question);
    const ats = points.map(({ at }) => at.getTime());
    assert.deepEqual(
      ats,
      ats.toSorted((a, b) => a - b),
    );
    const shown = points.map((point) => ({ ...point, at: point.at.toISOString(), picoUsd: String(point.picoUsd) }));
    assert.deepEqual(
      inFixedOrder(shown).map((point) => jsonOf(point)),
      expectedSeries(records, question),
      JSON.stringify(question),
    );
  }
}
