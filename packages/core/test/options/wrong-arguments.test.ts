import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import {
  createMeter,
  fastifyHandler,
  honoHandler,
  memoryStore,
  nodeHandler,
  priceUsage,
  usageHandler,
  usageSnapshot,
} from '../../src/index.ts';
import type { MeterOptions } from '../../src/index.ts';
import { fakeProvider, usageRecord } from '../../src/testing/index.ts';

const store = memoryStore();
const meter = createMeter({ store });
const turn = meter.track({});
const authenticate = () => ({ userId: 'u1' });
const handler = usageHandler({ store, authenticate });
const expressRequest = { url: '/api/usage', method: 'GET', headers: { host: 'localhost' } };
const { startedAt: _, ...undated } = usageRecord();

describe('a wrong argument', () => {
  it.for([
    [
      () => meter.wrap(OpenAI),
      'meter.wrap: expected an OpenAI client, which has fetch and post, got the function OpenAI',
    ],
    [() => meter.wrap(Promise.resolve()), 'which has fetch and post, got a promise, which was not awaited'],
    [() => meter.wrap(undefined as never), 'which has fetch and post, got undefined'],
    [() => meter.wrap(`sk-proj-${'x'.repeat(40)}` as never), 'which has fetch and post, got a string of 48 characters'],
    [
      () => meter.fetch(new OpenAI({ apiKey: 'x' }) as never),
      'meter.fetch: expected a function, got an object (OpenAI)',
    ],
    [
      () => meter.observe({}),
      'meter.observe: expected a WebSocket or a realtime client, which have events, got an object',
    ],
    [
      () => meter.observe(new EventTarget(), {} as never),
      'meter.observe: turn: expected the result of meter.track, got an',
    ],
    [() => turn.run(Promise.resolve() as never), 'turn.run: expected a function that does the work, got a promise'],
    [() => nodeHandler({ store } as never), 'nodeHandler: expected the result of usageHandler, got an object'],
    [() => fastifyHandler(undefined as never), 'fastifyHandler: expected the result of usageHandler, got undefined'],
    [() => honoHandler(undefined as never), 'honoHandler: expected the result of usageHandler, got undefined'],
    // Express 4 would end the process over a rejection.
    [
      () => handler(expressRequest as never),
      'usageHandler: expected a web-standard Request; in Express and node:http wrap',
    ],
    [() => priceUsage(undefined as never), 'priceUsage: call must be an object, got undefined'],
    [() => priceUsage(undated as never), 'priceUsage: call.startedAt: expected a Date, got undefined'],
    [
      () => priceUsage(JSON.parse(JSON.stringify(usageRecord())) as never),
      'priceUsage: call.startedAt: expected a Date, got a string of 24 characters',
    ],
    [() => priceUsage({ ...usageRecord(), tokens: 5 } as never), 'priceUsage: call.tokens must be an object, got 5'],
  ] as const)('is refused at once: %o', ([call, message]) => {
    expect(call).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(message) }),
    );
  });

  it('of a snapshot is refused', async () => {
    const read = (options: object) => usageSnapshot(store, { userId: 'u1' }, options);
    await expect(read({ clock: Date.now })).rejects.toThrow(
      '"clock": expected a function that returns a valid Date, got 1',
    );
    await expect(read({ clock: new Date() })).rejects.toThrow('a function that returns a valid Date');
    await expect(read({ last: 'no' })).rejects.toThrow('option "last": expected true or false, got "no"');
  });

  it.for([{ timeoutMs: '5s' }, { timeoutMs: Number.NaN }, null, 5000])(
    '%j is no time-out, so the usual one holds',
    async (wait) => {
      const { chat, ...app } = await appWith({
        store: { ...store, append: async (records) => slow(() => store.append(records)) },
      });
      const waiting = app.meter.track({});
      await chat(waiting.options);
      expect(await waiting.stored(wait as never)).toEqual({ stored: 1, pending: 0 });
      await chat();
      expect(await app.meter.close(wait as never)).toEqual({ left: 0 });
    },
  );
});

describe('a function of the options that does something else than its type says', () => {
  it.for<[Partial<MeterOptions>, string]>([
    [{ clock: Date.now as never }, 'the clock returned no valid Date, but 1'],
    [
      { clock: () => new Date(Number.NaN) },
      'the clock returned no valid Date, but an invalid Date; the system time was used',
    ],
    [
      { attribute: () => ({ userId: 5 }) as never },
      'recorded without it: attribute: option "userId": expected a string, got 5',
    ],
    [{ attribute: async () => ({}) }, 'without it: the attribute function returned a promise'],
    [
      {
        onRecord: () => {
          throw new Error('mine');
        },
      },
      'onRecord threw; the record is stored all the same',
    ],
    [
      {
        onRecord: () => Promise.reject(new Error('mine')) as never,
      },
      'onRecord threw; the record is stored all the same',
    ],
  ] as [Partial<MeterOptions>, string][])('is told of, and changes nothing else: %o', async ([options, message]) => {
    const told: string[] = [];
    const { chat, ...app } = await appWith({
      store: memoryStore(),
      ...options,
      onError: (error) => told.push(error.message),
    });
    await chat();
    await app.meter.flush();
    expect(app.meter.stats()).toMatchObject({ captured: 1, stored: 1 });
    expect(told).toContainEqual(expect.stringContaining(message));
  });
});

async function appWith(options: MeterOptions) {
  const provider = await fakeProvider();
  const own = createMeter(options);
  const client = own.wrap(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }));
  const chat = async (request?: object): Promise<void> => {
    await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }, request);
  };
  return { meter: own, chat };
}

async function slow<Result>(work: () => Promise<Result>): Promise<Result> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return work();
}
