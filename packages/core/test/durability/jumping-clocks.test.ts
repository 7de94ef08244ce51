import { expect, it, vi } from 'vitest';
import type { UsageRecord } from '../../src/index.ts';
import { readAll } from '../read-all.ts';
import { meteredApp } from './metered-app.ts';
import type { MeteredApp } from './metered-app.ts';

const noon = Date.parse('2026-11-22T12:00:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Each reading of the clock is told the number of readings before it. */
const clocks: readonly (readonly [name: string, tell: (reading: number) => Date])[] = [
  ['stands still', () => new Date(noon)],
  ['goes back by an hour at every look', (reading) => new Date(noon - reading * hourMs)],
  ['goes forward by a day at every look', (reading) => new Date(noon + reading * dayMs)],
  ['jumps to and fro', (reading) => new Date(noon + (reading % 2 === 0 ? -1 : 1) * reading * dayMs)],
  ['is of before 1970', (reading) => new Date(-noon + reading)],
];

it.for(clocks)('calls are counted by a clock that %s: each once, in order, none before it began', async ([, tell]) => {
  let reading = 0;
  const app = await meteredApp({ clock: () => tell(reading++) });
  const records = await chatted(app);
  expect(app.errors).toEqual([]);
  for (const { startedAt, firstChunkAt = startedAt, endedAt } of records) {
    expect(firstChunkAt.getTime()).toBeGreaterThanOrEqual(startedAt.getTime());
    expect(endedAt.getTime()).toBeGreaterThanOrEqual(firstChunkAt.getTime());
  }
  // Ids are in order of time by the clock or, where it went back, by the order of the calls.
  const ids = records.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted());
  const days = await app.store.series({ bucket: 'day', timeZone: 'Asia/Kathmandu' });
  expect(days.reduce((sum, { calls }) => sum + calls, 0)).toBe(5);
});

it.for<readonly [string, () => Date]>([
  ['tells no time', () => new Date(Number.NaN)],
  ['gives a text', () => '2026-11-22' as unknown as Date],
  ['gives nothing', () => undefined as unknown as Date],
  [
    'throws',
    () => {
      throw new Error('no clock');
    },
  ],
])('a clock that %s is reported and replaced, and loses nothing', async ([, clock]) => {
  const app = await meteredApp({ clock });
  const before = Date.now();
  const records = await chatted(app);
  expect(new Set(app.errors.map(({ code }) => code))).toEqual(new Set(['metering_failed']));
  for (const { startedAt } of records) expect(startedAt.getTime()).toBeGreaterThanOrEqual(before);
});

it('a record keeps its time where the app moves the Date its clock gave', async () => {
  const now = new Date(noon);
  const app = await meteredApp({ clock: () => now });
  const { turn } = await app.chat('m');
  now.setTime(noon + dayMs);
  await turn.stored();
  const [record] = await readAll<UsageRecord>(app.store.records({}));
  expect(record?.startedAt).toEqual(new Date(noon));
});

it('how long a record waits is told by the clock that gave it its time', async () => {
  let now = noon;
  const app = await meteredApp({ clock: () => new Date(now) }, (store) => ({
    ...store,
    append: () => new Promise(() => {}),
  }));
  await app.chat('m');
  now += 90_000;
  expect(app.meter.stats().oldestUnstoredMs).toBe(90_000);
});

it('a time-out is kept where the clock of the system is set back meanwhile', async () => {
  const app = await meteredApp({}, (store) => ({ ...store, append: () => new Promise(() => {}) }));
  const { turn } = await app.chat('m');
  const spy = vi.spyOn(Date, 'now');
  const realNow = performance.timeOrigin + performance.now();
  let looks = 0;
  spy.mockImplementation(() => realNow - looks++ * hourMs);
  try {
    const start = performance.now();
    expect(await turn.stored({ timeoutMs: 50 })).toEqual({ stored: 0, pending: 1 });
    expect(await app.meter.close({ timeoutMs: 50 })).toEqual({ left: 1 });
    expect(performance.now() - start).toBeLessThan(30_000);
  } finally {
    spy.mockRestore();
  }
});

async function chatted(app: MeteredApp): Promise<readonly UsageRecord[]> {
  for (let message = 0; message < 5; message += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one call after the other
    expect((await app.chat(`m${message}`)).text).toMatch(/\w/);
  }
  await app.meter.flush();
  const records = await readAll<UsageRecord>(app.store.records({}));
  expect(records.map(({ attribution }) => attribution.messageId)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
  return records;
}
