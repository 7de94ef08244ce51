import 'reflect-metadata';
import { memoryStore, type MeterError, type UsageStore } from '@kilotoken/core';
import { chatAnswer, fakeProvider, type FakeProvider } from '@kilotoken/core/testing';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InjectOpenAI, KILOTOKEN_METER, KilotokenModule } from '../src/index.ts';

type Hook = 'onModuleDestroy' | 'beforeApplicationShutdown' | 'onApplicationShutdown';

/** A store of a database: once that is closed, nothing is taken any more. */
class Database {
  isOpen = true;
  readonly rows = memoryStore();
  readonly store: UsageStore = {
    ...this.rows,
    append: (records) =>
      this.isOpen ? this.rows.append(records) : Promise.reject(new Error('the database is closed')),
  };
}

/** As `@nestjs/mongoose` and `@nestjs/typeorm` do it: global, and closed in a hook of Nest. */
function databaseModule(hook: Hook | 'root'): DynamicModule {
  // oxlint-disable-next-line typescript/no-extraneous-class -- Nest knows a module by its class
  class DatabaseCoreModule {}
  const closer = { provide: 'closer', inject: [Database], useFactory: closing };
  return { module: DatabaseCoreModule, global: true, providers: [Database, closer], exports: [Database] };

  function closing(database: Database): Partial<Record<Hook, () => void>> {
    if (hook === 'root') return {};
    return { [hook]: () => void (database.isOpen = false) };
  }
}

@Controller()
class ChatController {
  readonly openai: OpenAI;

  constructor(@InjectOpenAI() openai: OpenAI) {
    this.openai = openai;
  }

  @Get('ask')
  async ask(): Promise<string> {
    const answer = await this.openai.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
    });
    return answer.choices[0]?.message.content ?? '';
  }
}

let provider: FakeProvider;
beforeEach(async () => {
  provider = await fakeProvider();
});
afterEach(() => provider.close());

const orders = {
  'before it': (database: DynamicModule, kilotoken: DynamicModule) => [database, kilotoken],
  'after it': (database: DynamicModule, kilotoken: DynamicModule) => [kilotoken, database],
} as const;

test('what the root module closes itself takes the last answers as well', async () => {
  expect(await lastAnswer((database, kilotoken) => [database, kilotoken], 'root')).toEqual({ calls: 1, left: [0] });
});

describe.for(Object.entries(orders))('a database module that is imported %s', ([, order]) => {
  test.for(['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'] as const)(
    'and closes in %s takes what was counted before that',
    async (hook) => {
      const { app, url, left, faults } = await start(order, hook);
      await (await fetch(`${url}/ask`)).text();
      const { rows } = app.get(Database, { strict: false });
      expect((await rows.totals({})).calls).toBe(0);

      await app.close();
      expect({ calls: (await rows.totals({})).calls, left, faults }).toEqual({ calls: 1, left: [0], faults: [] });
    },
  );

  test('takes what is counted while the server waits for its last answers', async () => {
    expect(await lastAnswer(order, 'onApplicationShutdown')).toEqual({ calls: 1, left: [0] });
  });
});

test('each of two modules of one app has a meter of its own, and both store before a database closes', async () => {
  const features = ['a', 'b'].map((name) => {
    const database = new Database();
    const kilotoken = KilotokenModule.forRoot({
      meter: { store: database.store, queue: { flushIntervalMs: 60_000 } },
      openai: new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }),
      closeTimeoutMs: 1000,
    });
    @Controller(name)
    class Feature extends ChatController {}
    @Module({ imports: [kilotoken], controllers: [Feature] })
    class FeatureModule {
      onModuleDestroy(): void {
        database.isOpen = false;
      }
    }
    return { name, database, module: FeatureModule };
  });
  @Module({ imports: features.map(({ module }) => module) })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  await Promise.all(features.map(async ({ name }) => (await fetch(`${url}/${name}/ask`)).text()));
  await app.close();
  const calls = await Promise.all(features.map(async ({ database }) => (await database.rows.totals({})).calls));
  expect(calls).toEqual([1, 1]);
});

test('a store that hangs leaves the close a part of the time', async () => {
  const timeouts: unknown[] = [];
  const meter = {
    flush: () => new Promise<void>(() => undefined),
    close: ({ timeoutMs }: { timeoutMs: number }) => Promise.resolve({ left: timeouts.push(timeoutMs) }),
  };
  const module = await Test.createTestingModule({
    imports: [KilotokenModule.forRoot({ meter: { store: memoryStore() }, closeTimeoutMs: 6400 })],
  })
    .overrideProvider(KILOTOKEN_METER)
    .useValue(meter)
    .compile();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const closed = module.close();
    await vi.advanceTimersByTimeAsync(6400);
    await closed;
  } finally {
    vi.useRealTimers();
  }
  // Three hooks before it wait for a quarter of what is left each.
  expect(timeouts).toEqual([6400 * 0.75 ** 3]);
});

/** An answer that the closing server waits for: what of it is stored in the end. */
async function lastAnswer(order: (typeof orders)[keyof typeof orders], hook: Hook | 'root') {
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  provider.handle(() => chatAnswer({ text: 'hello', gate: () => held }));
  const { app, url, left } = await start(order, hook);
  const answer = fetch(`${url}/ask`, { headers: { connection: 'close' } }).then((response) => response.text());
  await provider.request(1);

  const closed = app.close();
  await expect.poll(() => fetch(url).catch(() => 'refused')).toBe('refused');
  goOn();
  expect(await answer).toBe('hello');
  await closed;
  return { calls: (await app.get(Database, { strict: false }).rows.totals({})).calls, left };
}

async function start(order: (typeof orders)[keyof typeof orders], hook: Hook | 'root') {
  const left: number[] = [];
  const faults: MeterError[] = [];
  const kilotoken = KilotokenModule.forRootAsync({
    inject: [Database],
    useFactory: ({ store }: Database) => ({
      meter: { store, queue: { flushIntervalMs: 60_000 }, onError: (error) => faults.push(error) },
      openai: new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }),
      closeTimeoutMs: 1000,
      onClosed: (count) => left.push(count),
    }),
  });
  @Module({ controllers: [ChatController], imports: order(databaseModule(hook), kilotoken) })
  class AppModule {
    readonly database: Database;

    constructor(@Inject(Database) database: Database) {
      this.database = database;
    }

    onApplicationShutdown(): void {
      if (hook === 'root') this.database.isOpen = false;
    }
  }
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl(), left, faults };
}
