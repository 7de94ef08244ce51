import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createUsageStore } from '../../src/core.ts';
import type { UsageChannel, UsageStore } from '../../src/core.ts';

const schedules = process.env['KILOTOKEN_FULL'] === '1' ? 100_000 : 10_000;

/** What can happen, in any order; numbers pick among what there is at that moment. */
type Step =
  | { readonly kind: 'answer'; readonly tokens: number; readonly frame: 'rev' | 'total' | 'bare' | 'none' }
  | { readonly kind: 'frame' | 'again' | 'respond' | 'fail' | 'tabs'; readonly pick: number }
  | { readonly kind: 'refresh' | 'leave'; readonly pick: number }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('answer' as const),
    tokens: fc.integer({ min: 0, max: 1000 }),
    frame: fc.constantFrom('rev', 'total', 'bare', 'none'),
  }),
  fc.record({
    kind: fc.constantFrom('frame', 'frame', 'again', 'respond', 'respond', 'fail', 'tabs', 'refresh', 'leave'),
    pick: fc.nat(99),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 350, 4000, 16_000) }),
);

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

/** The truth: a ledger that only grows. */
function createServer() {
  const tokens: number[] = [];
  const totalAt = (rev: number): number => tokens.slice(0, rev).reduce((sum, count) => sum + count, 0);
  return {
    tokens,
    totalAt,
    snapshot: (rev = tokens.length) => ({ v: 1, rev, total: totalAt(rev), counts: { input: totalAt(rev), output: 0 } }),
  };
}

/** Messages between tabs that wait until a step delivers them. */
function createTabs() {
  const ends: UsageChannel[] = [];
  const mail: (() => void)[] = [];
  return {
    mail,
    open(): UsageChannel {
      const end: UsageChannel = {
        onmessage: null,
        postMessage(data: unknown) {
          for (const other of ends) {
            if (other !== end) mail.push(() => other.onmessage?.({ data: structuredClone(data) } as MessageEvent));
          }
        },
        close: () => void ends.splice(ends.indexOf(end), 1),
      };
      ends.push(end);
      return end;
    },
  };
}

test(`${schedules} schedules of frames, snapshots, aborts and tabs end at the highest rev, and nothing flickers downwards`, async () => {
  let falls = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      vi.setSystemTime(0);
      const server = createServer();
      const tabs = createTabs();
      const frames: { kilotoken: { id: string; rev?: number } }[] = [];
      const sent: object[] = [];
      const open: { readonly body: object; settle(error?: Error): void }[] = [];
      const leave = new Map<UsageStore, () => void>();
      const seen = new Map<UsageStore, { rev: number; total: number }>();
      const bare = new Map<UsageStore, number>();

      const look = (store: UsageStore): void => {
        const { usage } = store.get();
        if (!usage) return;
        const before = seen.get(store);
        if (before) {
          expect(usage.rev).toBeGreaterThanOrEqual(before.rev);
          // Only a frame without rev may have been counted before it came; the server's word ends that after 15 s.
          if (usage.total < before.total) {
            expect(Date.now() - (bare.get(store) ?? Infinity)).toBeGreaterThanOrEqual(15_000);
            falls += 1;
          }
        }
        seen.set(store, { rev: usage.rev, total: usage.total });
      };
      const stores = [0, 1].map(() => {
        const store = createUsageStore({
          userKey: 'u1',
          sync: tabs.open,
          retries: 0,
          fetcher: (signal) =>
            new Promise((resolve, reject) => {
              const body = server.snapshot();
              signal.addEventListener('abort', () => reject(new Error('aborted')));
              open.push({ body, settle: (error) => (error ? reject(error) : resolve(body)) });
            }),
        });
        leave.set(
          store,
          store.subscribe(() => look(store)),
        );
        return store;
      });
      const take = <Item>(list: Item[], pick: number): Item | undefined =>
        list.splice(pick % Math.max(list.length, 1), 1)[0];

      for (const next of steps) {
        if (next.kind === 'answer') {
          const id = `m${server.tokens.push(next.tokens)}`;
          const rev = server.tokens.length;
          const add = { total: next.tokens, counts: { input: next.tokens, output: 0 } };
          const total = server.totalAt(rev);
          if (next.frame !== 'none') {
            const extra = { rev: { rev }, total: { rev, total }, bare: {} }[next.frame];
            frames.push({ kilotoken: { id, add, ...extra } } as never);
          }
        } else if (next.kind === 'wait') await vi.advanceTimersByTimeAsync(next.ms);
        else {
          const { kind, pick } = next;
          const store = stores[pick % stores.length] as UsageStore;
          if (kind === 'frame' || kind === 'again') {
            const frame = kind === 'frame' ? take(frames, pick) : sent[pick % Math.max(sent.length, 1)];
            if (frame) {
              sent.push(frame);
              const isBare = (frame as (typeof frames)[0]).kilotoken.rev === undefined;
              if (isBare && !bare.has(store)) bare.set(store, Date.now());
              store.apply(frame);
            }
          } else if (kind === 'respond') take(open, pick)?.settle();
          else if (kind === 'fail') take(open, pick)?.settle(new Error('down'));
          else if (kind === 'tabs') take(tabs.mail, pick)?.();
          else if (kind === 'refresh') void store.refresh();
          else {
            leave.get(store)?.();
            if (pick % 3 > 0) await Promise.resolve();
            leave.set(
              store,
              store.subscribe(() => look(store)),
            );
          }
          await vi.advanceTimersByTimeAsync(0);
        }
        stores.forEach(look);
      }

      // The dust settles: all old answers arrive, then one more request each, after every hold.
      await vi.advanceTimersByTimeAsync(16_000);
      for (const store of stores) {
        for (const { settle } of open.splice(0).toReversed()) settle();
        await vi.advanceTimersByTimeAsync(0);
        const last = store.refresh();
        for (let round = 0; round < 3; round += 1) {
          for (const { settle } of open.splice(0)) settle();
          await vi.advanceTimersByTimeAsync(0);
        }
        await last;
      }
      for (const deliver of tabs.mail.splice(0).toReversed()) deliver();
      for (const store of stores) {
        look(store);
        const { usage, pending, status } = store.get();
        expect({ pending, status, rev: usage?.rev, total: usage?.total }).toEqual({
          pending: false,
          status: 'ready',
          rev: server.tokens.length,
          total: server.totalAt(server.tokens.length),
        });
        leave.get(store)?.();
      }
      await vi.advanceTimersByTimeAsync(0);
      vi.clearAllTimers();
    }),
    { numRuns: schedules },
  );
  expect(falls).toBeGreaterThan(0);
}, 600_000);
