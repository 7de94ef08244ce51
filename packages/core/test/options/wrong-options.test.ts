import { describe, expect, it } from 'vitest';
import {
  createMeter,
  jsonlSink,
  memoryStore,
  sqliteStore,
  usageFrame,
  usageHandler,
  usageSnapshot,
} from '../../src/index.ts';
import { gotText } from '../../src/wrong-option.ts';

const store = memoryStore();
const authenticate = () => null;
const tokens = { totalTokens: 1 };

type Wrong = readonly (readonly [options: unknown, message: string])[];

const wrongMeters: Wrong = [
  [undefined, 'createMeter: expected { store }, got undefined'],
  ['usage.db', 'createMeter: expected { store }, got "usage.db"'],
  [store, 'createMeter: unknown option "capabilities"; known options are store, journal, sinks, prices, stop,'],
  [{}, 'createMeter: option "store" is missing: expected a usage store, such as sqliteStore({ path })'],
  [
    { store: memoryStore },
    'option "store": expected a usage store, such as sqliteStore({ path }), got the function mem',
  ],
  [{ store: Promise.resolve(store) }, 'sqliteStore({ path }), got a promise, which was not awaited'],
  [{ store: new Map() }, 'got an object (Map)'],
  [{ store: null }, 'option "store": expected a usage store, such as sqliteStore({ path }), got null'],
  [{ store, journal: 'journal' }, 'createMeter: option "journal": expected an object, got "journal"'],
  [{ store, journal: {} }, 'journal: option "path" is missing: expected the name of a folder'],
  [
    { store, journal: { path: 'x', maxSegmentBytes: 10 } },
    'journal: option "maxSegmentBytes": expected a whole number of bytes, 1024 or more, got 10',
  ],
  [{ store, sinks: { write() {} } }, 'createMeter: option "sinks": expected a list of sinks, got an object'],
  [{ store, sinks: [() => {}] }, 'option "sinks.0": expected a sink, such as jsonlSink({ path }), got a function'],
  [{ store, prices: [] }, 'createMeter: option "prices": expected an object, got an array'],
  [{ store, stop: 'drian' }, 'option "stop": expected one of "estimate", "drain", "lookup", got "drian"'],
  [{ store, stop: {} }, 'createMeter: option "stop.policy" is missing: expected one of "drain", "lookup"'],
  [{ store, stop: { policy: 'constructor' } }, 'option "stop.policy": expected one of "drain", "lookup", got "constr'],
  [
    { store, stop: { policy: 'drain', timeoutMs: '10s' } },
    'option "stop.timeoutMs": expected a whole number of milliseconds, from 0 to 2147483647, got "10s"',
  ],
  [
    { store, stop: { policy: 'drain', waitsMs: [1] } },
    'unknown option "stop.waitsMs"; known options are stop.policy, stop.maxBytes, stop.timeoutMs',
  ],
  [
    { store, stop: { policy: 'lookup', waitsMs: [1, -1] } },
    'option "stop.waitsMs.1": expected a whole number of milli',
  ],
  [{ store, inject: true }, 'option "inject": expected one of "auto", "always", "never", or a function, got true'],
  [{ store, respectExplicitFalse: 'false' }, 'option "respectExplicitFalse": expected true or false, got "false"'],
  [
    { store, queue: 5 },
    'option "queue": expected { flushIntervalMs, maxBatchRecords, maxBytes, appendTimeoutMs }, got 5',
  ],
  [
    { store, queue: { flushIntervalMs: '5s' } },
    'option "queue.flushIntervalMs": expected a whole number of milliseconds, from 0 to 2147483647, got "5s"',
  ],
  [{ store, queue: { flushIntervalMs: Number.NaN } }, 'from 0 to 2147483647, got NaN'],
  [{ store, queue: { maxBatchRecords: 0 } }, 'expected a whole number of records, 1 or more, got 0'],
  [{ store, queue: { maxBytes: 64n } }, 'expected a whole number of bytes, 0 or more, got 64n'],
  [{ store, drainOn: 'SIGTERM' }, 'option "drainOn": expected a list of signals, got "SIGTERM"'],
  [
    { store, drainOn: ['SIGKILL'] },
    '"drainOn.0": expected a signal that can be caught, such as "SIGTERM", got "SIGKILL"',
  ],
  [{ store, onError: console }, 'option "onError": expected a function, got an object'],
  [{ store, clock: new Date() }, 'option "clock": expected a function, got an object (Date)'],
  [{ store, constructor: 1 }, 'unknown option "constructor"'],
];

const wrongTurns: Wrong = [
  [undefined, 'meter.track: expected { userId, tenantId, conversationId, messageId, tags }, got undefined'],
  ['u1', 'meter.track: expected { userId, tenantId, conversationId, messageId, tags }, got "u1"'],
  [{ user: 'u1' }, 'unknown option "user"; known options are userId, tenantId, conversationId, messageId, tags'],
  [{ userId: 42 }, 'meter.track: option "userId": expected a string, got 42'],
  [{ userId: null }, 'meter.track: option "userId": expected a string, got null'],
  [{ userId: new Date() }, 'meter.track: option "userId": expected a string, got an object (Date)'],
  [{ userId: Promise.resolve('u1') }, 'expected a string, got a promise, which was not awaited'],
  [{ tags: ['chat'] }, 'meter.track: option "tags": expected an object of strings, got an array'],
  [{ tags: new Map([['feature', 'chat']]) }, 'option "tags": expected an object of strings, got an object (Map)'],
  [{ tags: { attempt: 1 } }, 'meter.track: option "tags.attempt": expected a string, got 1'],
];

const wrongSqlite: Wrong = [
  [undefined, 'sqliteStore: expected { path }, got undefined'],
  ['usage.db', 'sqliteStore: expected { path }, got "usage.db"'],
  [{}, 'sqliteStore: option "path" is missing: expected the name of a file, or ":memory:"'],
  [
    { path: new URL('file:///usage.db') },
    'option "path": expected the name of a file, or ":memory:", got an object (URL)',
  ],
  [{ path: '' }, 'expected the name of a file, or ":memory:", got ""'],
  [{ file: 'x' }, 'sqliteStore: unknown option "file"; known options are path, ephemeral, busyTimeoutMs'],
  [{ path: 'x', busyTimeoutMs: '5s' }, '"busyTimeoutMs": expected a number of milliseconds, 0 or more, got "5s"'],
  [{ path: 'x', ephemeral: 'yes' }, 'sqliteStore: option "ephemeral": expected true or false, got "yes"'],
];

const wrongSinks: Wrong = [
  ['usage.jsonl', 'jsonlSink: expected { path }, got "usage.jsonl"'],
  [{ path: 5 }, 'jsonlSink: option "path": expected the name of a file, got 5'],
  [{ path: 'x', mode: 0o600 }, 'jsonlSink: unknown option "mode"; known options are path, name, fsync, ephemeral'],
  [{ path: 'x', name: '' }, 'jsonlSink: option "name": expected a non-empty string, got ""'],
  [{ path: 'x', fsync: 1 }, 'jsonlSink: option "fsync": expected true or false, got 1'],
];

const wrongHandlers: Wrong = [
  [undefined, 'usageHandler: expected { store, authenticate }, got undefined'],
  [{ authenticate }, 'usageHandler: option "store" is missing: expected a usage store, such as sqliteStore({ path })'],
  [{ store }, 'usageHandler: option "authenticate" is missing: expected a function'],
  [{ store, authenticate: 'u1' }, 'usageHandler: option "authenticate": expected a function, got "u1"'],
  [
    { store, authenticate, period: 'week' },
    '"period": expected a function or one of "all", "day", "month", got "week"',
  ],
  [
    { store, authenticate, timeZone: 'Berlin' },
    '"timeZone": expected an IANA time zone this runtime knows, got "Berlin"',
  ],
  [{ store, authenticate, days: '30' }, 'option "days": expected a whole number from 0 to 366, got "30"'],
  [{ store, authenticate, expose: 'cost' }, 'option "expose": expected a list of "cost" and "models", got "cost"'],
  [{ store, authenticate, quota: 100 }, 'usageHandler: option "quota": expected { limit }, got 100'],
  [{ store, authenticate, quota: {} }, 'usageHandler: option "quota.limit" is missing: expected a number, 0 or more'],
  [{ store, authenticate, quota: { limit: 5, unit: 'EUR' } }, '"quota.unit": expected "tokens" or "cost", got "EUR"'],
  [{ store, authenticate, timeoutMs: 0 }, 'option "timeoutMs": expected a number of milliseconds above 0, got 0'],
];

const wrongFrames: Wrong = [
  [null, 'usage frame: expected { id, rev, total, … }, got null'],
  [
    { exposed: ['cost'] },
    'usage frame: unknown option "exposed"; known options are event, id, rev, total, quota, expose',
  ],
  [{ rev: '7' }, 'usage frame: option "rev": expected a number, got "7"'],
  [{ total: null }, 'usage frame: option "total": expected a number, or the totals of a store, got null'],
];

describe('a wrong option', () => {
  it.for([
    ['createMeter', wrongMeters, (options: never) => createMeter(options)],
    ['meter.track', wrongTurns, (options: never) => createMeter({ store }).track(options)],
    ['sqliteStore', wrongSqlite, (options: never) => sqliteStore(options)],
    ['jsonlSink', wrongSinks, (options: never) => jsonlSink(options)],
    ['usageHandler', wrongHandlers, (options: never) => usageHandler(options)],
    ['usageFrame', wrongFrames, (options: never) => usageFrame({ tokens }, options)],
  ] as const)('of %s is named, with what was expected and what was given', ([, wrong, call]) => {
    for (const [options, message] of wrong) expect(errorOf(() => call(options as never))).toContain(message);
  });

  it.for([
    [
      undefined,
      { userId: 'u1' },
      {},
      'usageSnapshot: store: expected a usage store, such as sqliteStore({ path }), got undef',
    ],
    [store, 'u1', {}, 'usageSnapshot: expected { userId }, got "u1"'],
    [store, { userId: 42 }, {}, 'usageSnapshot: userId: expected a non-empty string, got 42'],
    [store, { userId: 'u1' }, null, 'usageSnapshot: expected { expose, period, … }, got null'],
    [
      store,
      { userId: 'u1' },
      { period: 5 },
      'period: expected one of "all", "day", "month", or { start, resetsAt }, got 5',
    ],
    [
      store,
      { userId: 'u1' },
      { period: { start: '2026-11-01' } },
      'period.start: expected a valid Date, got "2026-11-01"',
    ],
    [
      store,
      { userId: 'u1' },
      { period: { start: new Date(5), resetsAt: new Date('x') } },
      'period.resetsAt: expected a valid Date after period.start, got an invalid Date',
    ],
  ] as const)('of usageSnapshot(%o, %o, %o) is named', async ([of, subject, options, message]) => {
    await expect(usageSnapshot(of as never, subject as never, options as never)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(message) }),
    );
  });

  it('is refused only where it is one', () => {
    const clock = () => new Date();
    const inherited = Object.create({ userId: 'u1' }) as object;
    createMeter({ store, queue: {}, stop: { policy: 'drain', maxBytes: 0 }, journal: undefined, clock } as never);
    createMeter({
      store,
      inject: () => true,
      drainOn: ['SIGTERM'],
      sinks: [],
      stop: { policy: 'lookup', waitsMs: [] },
    });
    const { track } = createMeter({ store });
    for (const said of [{}, inherited, { tags: {} }, { tags: { a: undefined } }, { userId: undefined }]) track(said);
  });
});

describe('a value in a message', () => {
  it.for([
    ['sk-1', 'a string of 4 characters'],
    [`sk-proj-${'a'.repeat(40)}`, 'a string of 48 characters'],
    ['mongodb://user:password@host', 'a string of 28 characters'],
    ['user:secret@host', 'a string of 16 characters'],
    ['Bearer abc', 'a string of 10 characters'],
    ['two\nlines', String.raw`"two\nlines"`],
    [Symbol('a'), 'Symbol(a)'],
    [Object.create(null), 'an object'],
  ] as const)('is short and no secret: %o', ([value, text]) => {
    expect(gotText(value)).toBe(text);
  });
});

function errorOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_options' });
    return (error as Error).message;
  }
  return 'no error';
}
