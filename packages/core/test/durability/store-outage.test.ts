import { describe, expect, it } from 'vitest';
import type { UsageStore } from '../../src/index.ts';
import { filesOf } from '../recording/journal/journal-fixture.ts';
import { appFolder } from './app-folder.ts';
import { meteredApp, storedMessages } from './metered-app.ts';
import type { MeteredApp } from './metered-app.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `m${String(at).padStart(2, '0')}`);

describe('while the store is down', () => {
  it('calls go on, and each is stored once when it is back', async () => {
    const outage = switchable();
    const app = await meteredApp({ queue: { flushIntervalMs: 1 } }, outage.before);
    for (const name of names(30)) await expectChat(app, name);
    expect(await storedMessages(app.store)).toEqual([]);
    await expect(app.meter.flush()).rejects.toMatchObject({ code: 'store_failed' });
    expect(app.meter.stats()).toMatchObject({ captured: 30, queued: 30, stored: 0, dropped: 0 });

    outage.end();
    await app.meter.flush();
    expect(await storedMessages(app.store)).toEqual(names(30));
    expect(app.meter.stats()).toMatchObject({ captured: 30, queued: 0, stored: 30, dropped: 0 });
    expect(new Set(app.errors.map(({ code }) => code))).toEqual(new Set(['store_failed']));
  });

  it('records are tried again by themselves', async () => {
    const outage = switchable(4);
    const app = await meteredApp({ queue: { flushIntervalMs: 1 } }, outage.before);
    const { turn } = await app.chat('m00');
    expect(await turn.stored({ timeoutMs: 20_000 })).toEqual({ stored: 1, pending: 0 });
    expect(app.errors.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'store_failed'));
  });

  it('a turn says what is pending, and a full queue drops, counts and reports', async () => {
    const outage = switchable();
    const app = await meteredApp({ queue: { flushIntervalMs: 1, maxBytes: 10 * 1024 } }, outage.before);
    for (const name of names(25)) await expectChat(app, name);
    expect(app.meter.stats()).toMatchObject({ captured: 25, queued: 10, dropped: 15 });
    const dropped = app.errors.filter(({ code }) => code === 'record_dropped');
    expect(dropped.map(({ record }) => record?.attribution.messageId)).toEqual(names(25).slice(10));

    outage.end();
    await app.meter.flush();
    expect(await storedMessages(app.store)).toEqual(names(10));
    const { turn } = await app.chat('last');
    expect(await turn.stored()).toEqual({ stored: 1, pending: 0 });
  });

  it('a full queue goes to the journal, and nothing is dropped', async () => {
    const outage = switchable();
    const journal = { path: appFolder().journal };
    const app = await meteredApp({ journal, queue: { flushIntervalMs: 1, maxBytes: 10 * 1024 } }, outage.before);
    for (const name of names(25)) await expectChat(app, name);
    expect(app.meter.stats()).toMatchObject({ captured: 25, journaled: 25, queued: 25, dropped: 0 });

    outage.end();
    await app.meter.flush();
    expect(await storedMessages(app.store)).toEqual(names(25));
    await app.meter.close();
    expect(filesOf(journal.path)).toEqual([]);
  });

  it('a meter that closes says how many are left, and the next one stores them from the journal', async () => {
    const { before } = switchable();
    const journal = { path: appFolder().journal };
    const app = await meteredApp({ journal }, before);
    for (const name of names(5)) await expectChat(app, name);
    expect(await app.meter.close({ timeoutMs: 200 })).toEqual({ left: 5 });

    const next = await meteredApp({ journal });
    await next.meter.flush();
    expect(await storedMessages(next.store)).toEqual(names(5));
  });
});

describe('a store that', () => {
  it('answers after the time-out gets no record twice', async () => {
    const late: Promise<unknown>[] = [];
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const app = await meteredApp({ queue: { flushIntervalMs: 1, appendTimeoutMs: 30 } }, (store) => ({
      ...store,
      append(records) {
        const result = store.append(records).then(async (outcome) => {
          await held;
          return outcome;
        });
        late.push(result);
        return result;
      },
    }));
    for (const name of names(10)) await expectChat(app, name);
    await expect(app.meter.flush()).rejects.toMatchObject({ code: 'store_failed' });
    answer();
    await app.meter.flush();
    await Promise.all(late);
    expect(late.length).toBeGreaterThan(1);
    expect(await storedMessages(app.store)).toEqual(names(10));
    expect(app.meter.stats()).toMatchObject({ captured: 10, stored: 10, queued: 0 });
  });

  it('stores and then fails gets no record twice', async () => {
    let failures = 3;
    const app = await meteredApp({ queue: { flushIntervalMs: 1 } }, (store) => ({
      ...store,
      async append(records) {
        const result = await store.append(records);
        failures -= 1;
        if (failures >= 0) throw new Error('the connection broke before the answer');
        return result;
      },
    }));
    for (const name of names(10)) await expectChat(app, name);
    await app.meter.flush().catch(() => app.meter.flush());
    expect(await storedMessages(app.store)).toEqual(names(10));
    expect((await app.store.totals({ userId: 'u1' })).calls).toBe(10);
  });
});

/** A store that takes nothing until it is told to, or so many times. */
function switchable(failures = Infinity): { readonly before: (store: UsageStore) => UsageStore; end(): void } {
  let left = failures;
  return {
    before: (store) => ({
      ...store,
      append(records) {
        left -= 1;
        return left >= 0 ? Promise.reject(new Error('down')) : store.append(records);
      },
    }),
    end() {
      left = 0;
    },
  };
}

/** The host's own answer is what it would be without a meter. */
async function expectChat(app: MeteredApp, name: string): Promise<void> {
  const { text } = await app.chat(name);
  expect(text).toBe('You said: Hi');
}
