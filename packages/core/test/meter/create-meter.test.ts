import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { createMeter, isMeterError, memoryStore } from '../../src/index.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('createMeter', () => {
  it.for([
    [{ stor: memoryStore() }, /unknown option "stor"/],
    [{}, /"store" is missing/],
    [{ store: {} }, /"store"/],
    [{ store: memoryStore(), inject: 'sometimes' }, /"inject"/],
    [{ store: memoryStore(), stop: { policy: 'drain', maxBites: 1 } }, /"stop/],
    [{ store: memoryStore(), queue: { maxBytes: -1 } }, /"queue.maxBytes"/],
    [{ store: memoryStore(), queue: { size: 1 } }, /"queue.size"/],
    [{ store: memoryStore(), drainOn: 'SIGTERM' }, /"drainOn"/],
    [{ store: memoryStore(), drainOn: ['SIGTREM'] }, /"drainOn.0".*"SIGTREM"/],
    [{ store: memoryStore(), drainOn: ['SIGKILL'] }, /"drainOn.0"/],
    [{ store: memoryStore(), sinks: [{}] }, /"sinks.0"/],
    [{ store: memoryStore(), sinks: [{ write: () => {}, close: 5 }] }, /"sinks.0"/],
    [{ store: memoryStore(), queue: { flushIntervalMs: 2 ** 31 } }, /"queue.flushIntervalMs".*2147483648/],
    [{ store: memoryStore(), queue: { appendTimeoutMs: 2 ** 31 } }, /"queue.appendTimeoutMs"/],
    [{ store: memoryStore(), stop: { policy: 'drain', timeoutMs: 2 ** 31 } }, /"stop/],
    [{ store: memoryStore(), clock: 5 }, /"clock"/],
    [{ store: memoryStore(), journal: { folder: 'x' } }, /folder/],
    [{ store: memoryStore(), prices: { override: [] } }, /override/],
    [undefined, /expected { store }/],
  ] as const)('throws for %j, naming what is wrong', ([options, message]) => {
    let thrown: unknown;
    try {
      createMeter(options as never);
    } catch (error) {
      thrown = error;
    }
    expect(isMeterError(thrown) && thrown.code).toBe('invalid_options');
    expect((thrown as Error).message).toMatch(message);
  });

  it.for([
    [{ userid: 'u' }, /"userid"/],
    [{ userId: 5 }, /"userId"/],
    [{ tags: { a: 1 } }, /"tags.a"/],
    [null, /expected { userId, /],
  ] as const)('has a track that throws for %j, naming what is wrong', ([attribution, message]) => {
    expect(() => createMeter({ store: memoryStore() }).track(attribution as never)).toThrow(message);
  });

  it('refuses to wrap what is no client', () => {
    const meter = createMeter({ store: memoryStore() });
    for (const value of [{}, null, 'client'])
      expect(() => meter.wrap(value as never)).toThrow(/expected an OpenAI client/);
  });

  it.each([{}, null, undefined, 5])('refuses to observe %j, and a fetch that is none', (value) => {
    const meter = createMeter({ store: memoryStore() });
    const refused = (what: RegExp): unknown =>
      expect.objectContaining({ code: 'invalid_options', message: expect.stringMatching(what) });
    expect(() => meter.observe(value as never)).toThrow(refused(/expected a WebSocket/));
    if (value !== undefined)
      expect(() => meter.fetch(value as never)).toThrow(refused(/meter.fetch: expected a function/));
  });

  it.each([Object.freeze, Object.seal, Object.preventExtensions])('refuses to wrap a client after %o', (close) => {
    const openai = new OpenAI({ apiKey: 'test' });
    const { fetch } = openai as unknown as { fetch: unknown };
    const meter = createMeter({ store: memoryStore() });
    expect(() => meter.wrap(close(openai))).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining('frozen or sealed') }),
    );
    expect(openai).toHaveProperty('fetch', fetch);
  });
});

/** Runs a module of its own process in an empty folder. */
async function runAlone(
  code: string,
): Promise<{ readonly out: string; readonly code: number | null; readonly files: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'kilotoken-alone-'));
  folders.push(folder);
  const script = join(import.meta.dirname, `../../temp-${process.pid}-${folders.length}.ts`);
  writeFileSync(script, code);
  try {
    const child = spawn(process.execPath, ['--conditions=@kilotoken/source', script], { cwd: folder, timeout: 50_000 });
    let out = '';
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (out += data.toString()));
    const exit = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { out, code: exit, files: readdirSync(folder) };
  } finally {
    rmSync(script);
  }
}

describe('a process with a meter', () => {
  it('has no file, handle, timer, listener or output of it before the first record, and ends by itself', async () => {
    const { out, code, files } = await runAlone(`
      const names = () => ['exit', 'beforeExit', 'SIGTERM', 'SIGINT', 'uncaughtException'].map((name) => process.listenerCount(name));
      const before = names();
      const { createMeter, sqliteStore } = await import('@kilotoken/core');
      const OpenAI = (await import('openai')).default;
      const meter = createMeter({ store: sqliteStore({ path: 'usage.db' }) });
      const openai = meter.wrap(new OpenAI({ apiKey: 'test' }));
      meter.track({ userId: 'u1' });
      const handles = process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FSReqPromise|PromiseReaction/.test(name));
      console.log(JSON.stringify({ handles, same: JSON.stringify(before) === JSON.stringify(names()) }));
    `);
    expect({ code, files, out: JSON.parse(out) }).toEqual({ code: 0, files: [], out: { handles: [], same: true } });
  });

  it('ends by itself without close, after its last record is in the store', async () => {
    const { out, code, files } = await runAlone(`
      import OpenAI from 'openai';
      import { createMeter, sqliteStore } from '@kilotoken/core';
      import { fakeProvider } from '@kilotoken/core/testing';
      const provider = await fakeProvider();
      const store = sqliteStore({ path: 'usage.db' });
      const meter = createMeter({ store, queue: { flushIntervalMs: 60_000 } });
      const openai = meter.wrap(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }));
      const stream = await openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true });
      for await (const chunk of stream);
      await provider.close();
      process.on('exit', () => console.log(JSON.stringify(meter.stats())));
    `);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ captured: 1, stored: 1, queued: 0, dropped: 0, pending: 0 });
    expect(files).toContain('usage.db');
  });

  it.each([
    ['never answers', 'new Promise(() => {})'],
    ['is down', "Promise.reject(new Error('down'))"],
  ])('ends after close, and tells of a record once, where its store %s', async (_name, answer) => {
    const { out, code } = await runAlone(`
      import OpenAI from 'openai';
      import { createMeter, memoryStore } from '@kilotoken/core';
      import { fakeProvider } from '@kilotoken/core/testing';
      const provider = await fakeProvider();
      let told = [];
      const store = { ...memoryStore(), append: () => ${answer} };
      // Longer than this test may take: a process that waited for it would be killed.
      const meter = createMeter({ store, onError: ({ code }) => told.push(code), queue: { appendTimeoutMs: 600_000 } });
      const openai = meter.wrap(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }));
      await openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
      await provider.close();
      const { left } = await meter.close({ timeoutMs: 900 });
      // Node tells of it again whenever something was begun there and has ended.
      let beforeExits = 0;
      process.on('beforeExit', () => (beforeExits += 1));
      process.on('exit', () => console.log(JSON.stringify({ left, last: told.at(-1), beforeExits })));
    `);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ left: 1, last: 'record_dropped', beforeExits: 1 });
  });

  it.each(['', 'await new Promise((resolve) => setTimeout(resolve, 150));'])(
    'stores at its end what was answered and never read (%s)',
    async (wait) => {
      const { out, code } = await runAlone(`
        import OpenAI from 'openai';
        import { createMeter, memoryStore } from '@kilotoken/core';
        import { fakeProvider } from '@kilotoken/core/testing';
        const provider = await fakeProvider();
        const store = memoryStore();
        const meter = createMeter({ store });
        const openai = meter.wrap(new OpenAI({ apiKey: 'test', baseURL: provider.baseURL }));
        const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
        globalThis.kept = await openai.chat.completions.create({ ...body, stream: true });
        ${wait}
        await provider.close();
        process.on('exit', () => console.log(JSON.stringify(meter.stats())));
      `);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ captured: 1, stored: 1, pending: 0 });
    },
  );
});
