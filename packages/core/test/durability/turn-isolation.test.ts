import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Attribution } from '../../src/index.ts';
import { latch } from '../testing/fake-provider-fixture.ts';
import { meteredApp } from './metered-app.ts';
import type { MeteredApp } from './metered-app.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const call = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] };
const streamed = { ...call, stream: true as const };

describe('turns', () => {
  it('that run inside of each other get their own calls, and the outer one goes on after the inner', async () => {
    const app = await meteredApp();
    const [outer, inner] = [app.meter.track({ userId: 'outer' }), app.meter.track({ userId: 'inner' })];
    await outer.run(async () => {
      await app.openai.chat.completions.create(call);
      await inner.run(async () => {
        await Promise.resolve();
        for await (const _ of await app.openai.chat.completions.create(streamed));
      });
      await app.openai.chat.completions.create(call);
    });
    await app.openai.chat.completions.create(call);
    expect(await callsOf(app)).toEqual({ outer: 2, inner: 1, nobody: 1 });
    expect([(await outer.usage()).calls, (await inner.usage()).calls]).toEqual([2, 1]);
  });

  it('that run at once do not mix, whatever way they are handed over', async () => {
    const app = await meteredApp();
    const chat = async (user: number): Promise<number> => {
      const turn = app.meter.track({ userId: `u${user}` });
      const ask = async (): Promise<void> => {
        for (let calls = 0; calls <= user; calls += 1) {
          if (user % 3 === 0) await app.openai.chat.completions.create(call, turn.options);
          else for await (const _ of await app.openai.chat.completions.create(streamed, turn.with({ timeout: 5000 })));
        }
      };
      const run = async (): Promise<void> => {
        for (let calls = 0; calls <= user; calls += 1)
          for await (const _ of await app.openai.chat.completions.create(streamed));
      };
      await (user % 2 === 0 ? turn.run(run) : ask());
      return (await turn.usage()).calls;
    };
    const users = Array.from({ length: 12 }, (_, user) => user);
    expect(await Promise.all(users.map(chat))).toEqual(users.map((user) => user + 1));
    expect(await callsOf(app)).toEqual(Object.fromEntries(users.map((user) => [`u${user}`, user + 1])));
  });

  it('that are named in a call go before the one that runs', async () => {
    const app = await meteredApp();
    const [running, named] = [app.meter.track({ userId: 'running' }), app.meter.track({ userId: 'named' })];
    await running.run(() => app.openai.chat.completions.create(call, named.options));
    expect(await callsOf(app)).toEqual({ named: 1 });
  });

  it('keep the attribution they were made with, also where the app changes its object later', async () => {
    const app = await meteredApp();
    const tags = { feature: 'chat' };
    const turn = app.meter.track({ userId: 'u1', tenantId: 't1', conversationId: 'c1', messageId: 'm1', tags });
    tags.feature = 'changed';
    await app.openai.chat.completions.create(call, turn.options);
    await app.meter.flush();
    const found: Attribution[] = [];
    for await (const { attribution } of app.store.records({ tenantId: 't1', tags: { feature: 'chat' } }))
      found.push(attribution);
    expect(found).toEqual([
      { userId: 'u1', tenantId: 't1', conversationId: 'c1', messageId: 'm1', tags: { feature: 'chat' } },
    ]);
  });

  it('that the app let go of are forgotten oldest first beyond 10,000, and their calls are stored all the same', async () => {
    const app = await meteredApp();
    const options = Array.from({ length: 10_001 }, (_, at) => app.meter.track({ userId: `u${at}` }).options);
    // What a weak reference was asked for in this turn of the event loop is alive until its end.
    await new Promise(setImmediate);
    collectGarbage();
    for (const at of [0, 1, 10_000]) await app.openai.chat.completions.create(call, options[at]);
    expect(await callsOf(app)).toEqual({ nobody: 1, u1: 1, u10000: 1 });
    const [request] = app.provider.requests;
    expect(Object.keys(request?.headers ?? {}).filter((name) => name.includes('kilotoken'))).toEqual([]);
  });

  it('that the app still has are not forgotten, however many others are begun meanwhile', async () => {
    const app = await meteredApp();
    const [held, running] = [app.meter.track({ userId: 'held' }), latch()];
    const left = app.meter.track({ userId: 'running' }).run(async () => {
      await running.opened;
      await app.openai.chat.completions.create(call);
    });
    for (let at = 0; at < 10_001; at += 1) app.meter.track({ userId: 'other' });
    await new Promise(setImmediate);
    collectGarbage();
    running.open();
    await left;
    await app.openai.chat.completions.create(call, held.options);
    expect(await callsOf(app)).toEqual({ running: 1, held: 1 });
    expect((await held.usage()).calls).toBe(1);
  });

  it('that run get the calls whose header names no turn, such as one that a browser sent', async () => {
    const app = await meteredApp();
    const turn = app.meter.track({ userId: 'u1' });
    const forged = { headers: { 'x-kilotoken-turn': '00000000-0000-4000-8000-000000000000' } };
    await turn.run(() => app.openai.chat.completions.create(call, forged));
    expect(await callsOf(app)).toEqual({ u1: 1 });
    expect((await turn.usage()).calls).toBe(1);
  });

  it('that are in use are not forgotten for new ones', async () => {
    const app = await meteredApp();
    const old = app.meter.track({ userId: 'old' });
    for (let at = 0; at < 9999; at += 1) app.meter.track({ userId: 'new' });
    await app.openai.chat.completions.create(call, old.options);
    for (let at = 0; at < 9999; at += 1) app.meter.track({ userId: 'new' });
    await app.openai.chat.completions.create(call, old.options);
    expect(await callsOf(app)).toEqual({ old: 2 });
  });
});

describe("the host's own headers", () => {
  const forms: readonly (readonly [string, unknown])[] = [
    ['an object', { 'x-host': 'yes', 'x-other': 'too' }],
    [
      'pairs',
      [
        ['x-host', 'yes'],
        ['x-other', 'too'],
      ],
    ],
    ['Headers', new Headers({ 'x-host': 'yes', 'x-other': 'too' })],
  ];
  it.each(forms)('arrive beside a turn, given as %s', async (_, headers) => {
    const app = await meteredApp();
    const turn = app.meter.track({ userId: 'u1' });
    const before = JSON.stringify(headers);
    const options = turn.with({ headers, timeout: 5000 });
    expect(options.timeout).toBe(5000);
    await app.openai.chat.completions.create(call, options);
    expect(app.provider.requests[0]?.headers).toMatchObject({ 'x-host': 'yes', 'x-other': 'too' });
    expect(Object.keys(app.provider.requests[0]?.headers ?? {}).filter((name) => name.includes('kilotoken'))).toEqual(
      [],
    );
    expect(JSON.stringify(headers)).toBe(before);
    expect(await callsOf(app)).toEqual({ u1: 1 });
  });

  it.each(forms)('arrive through a metered fetch, given as %s', async (_, headers) => {
    const app = await meteredApp();
    const turn = app.meter.track({ userId: 'u1' });
    const { headers: both } = turn.with({ headers });
    await app.meter
      .fetch()(`${app.provider.baseURL}/chat/completions`, {
        method: 'POST',
        headers: both,
        body: JSON.stringify(call),
      })
      .then((response) => response.json());
    expect(app.provider.requests[0]?.headers).toMatchObject({ 'x-host': 'yes', 'x-other': 'too' });
    expect(await callsOf(app)).toEqual({ u1: 1 });
  });
});

/** How many calls the store has of each user. */
async function callsOf({ meter, store }: MeteredApp): Promise<Readonly<Record<string, number>>> {
  await meter.flush();
  const counts: Record<string, number> = {};
  for await (const { attribution } of store.records({})) {
    const user = attribution.userId ?? 'nobody';
    counts[user] = (counts[user] ?? 0) + 1;
  }
  return counts;
}
