import 'reflect-metadata';
import { createMeter, isMeterError, memoryStore, type Meter } from '@kilotoken/core';
import { fakeProvider, type FakeProvider } from '@kilotoken/core/testing';
import { Controller, Get, Injectable, Module, Optional } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InjectMeter, InjectOpenAI, KILOTOKEN_METER, KilotokenModule, OPENAI_CLIENT } from '../src/index.ts';

const CONFIG = Symbol('config');
const SECOND = Symbol('second');

/** A controller of some feature: it imports nothing of ours, the module is global. */
@Controller()
class ChatController {
  readonly meter: Meter;
  readonly openai: OpenAI;

  constructor(@InjectMeter() meter: Meter, @InjectOpenAI() openai: OpenAI) {
    this.meter = meter;
    this.openai = openai;
  }

  @Get('ask')
  async ask(): Promise<string> {
    const stream = await this.openai.chat.completions.create(
      { model: 'fake-model', messages: [{ role: 'user', content: 'one two' }], stream: true },
      this.meter.track({ userId: 'u1' }).options,
    );
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  }
}

@Module({ controllers: [ChatController] })
class ChatModule {}

@Module({ providers: [{ provide: CONFIG, useFactory: () => ({ baseURL: provider.baseURL }) }], exports: [CONFIG] })
class ConfigModule {}

let provider: FakeProvider;
let store: ReturnType<typeof memoryStore>;
const newClient = (baseURL = provider.baseURL): OpenAI => new OpenAI({ baseURL, apiKey: 'test' });

beforeEach(async () => {
  provider = await fakeProvider();
  store = memoryStore();
});
afterEach(() => provider.close());

test('a controller of another module calls through the metered client, and shutdown drains what it used', async () => {
  const client = newClient();
  const drained: number[] = [];
  const app = await start(
    KilotokenModule.forRoot({
      meter: { store, queue: { flushIntervalMs: 60_000 } },
      openai: client,
      onClosed: (left) => drained.push(left),
    }),
  );
  expect(app.get(OPENAI_CLIENT)).toBe(client);
  const answer = await fetch(`${await app.getUrl()}/ask`);
  expect(await answer.text()).toBe('You said: one two');
  expect((await store.totals({ userId: 'u1' })).calls).toBe(0);

  await app.close();
  const { calls, tokens } = await store.totals({ userId: 'u1' });
  expect({ calls, ...tokens }).toMatchObject({ calls: 1, totalTokens: provider.generated.tokens.totalTokens });
  expect(drained).toEqual([0]);
});

test('options made from injected providers reach the meter and the client', async () => {
  const app = await start(
    KilotokenModule.forRootAsync({
      imports: [ConfigModule],
      inject: [CONFIG],
      useFactory: async ({ baseURL }: { baseURL: string }) => ({ meter: { store }, openai: newClient(baseURL) }),
    }),
  );
  expect((await fetch(`${await app.getUrl()}/ask`)).status).toBe(200);
  await app.get<Meter>(KILOTOKEN_METER).flush();
  expect((await store.totals({})).calls).toBe(1);
  await app.close();
});

test('the client is provided under the token the app names', async () => {
  const client = newClient();
  const module = await Test.createTestingModule({
    imports: [KilotokenModule.forRoot({ meter: { store }, openai: client, openaiToken: SECOND })],
  }).compile();
  expect(module.get(SECOND)).toBe(client);
  expect(() => module.get<unknown>(OPENAI_CLIENT)).toThrow(/could not find/);
  await module.close();
});

test('a meter is enough: clients can be metered by hand', async () => {
  const module = await Test.createTestingModule({ imports: [KilotokenModule.forRoot({ meter: { store } })] }).compile();
  const meter = module.get<Meter>(KILOTOKEN_METER);
  await meter.wrap(newClient()).models.list();
  await meter.wrap(newClient()).chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
  await module.close();
  expect((await store.totals({})).calls).toBe(1);
});

test('a wrong option ends the start of the app, and is named', async () => {
  const wrong = { meter: { stor: store } } as never;
  const error = await Test.createTestingModule({ imports: [KilotokenModule.forRoot(wrong)] })
    .compile()
    .then(
      () => undefined,
      (cause: unknown) => cause,
    );
  expect(isMeterError(error) && error.message).toContain('"stor"');
});

test.for([
  [undefined, 'expected { meter }'],
  [{}, 'option "meter" is missing: expected the options of createMeter'],
  [
    { meter: createMeter({ store: memoryStore() }) },
    'option "meter": expected the options of createMeter, got a meter',
  ],
  [{ meter: { store: memoryStore() }, colour: 1 }, 'unknown option "colour"'],
  [
    { meter: { store: memoryStore() }, closeTimeoutMs: '5s' },
    '"closeTimeoutMs": expected a number of milliseconds, 0 or more, got "5s"',
  ],
  [
    { meter: { store: memoryStore() }, closeTimeoutMs: -1 },
    '"closeTimeoutMs": expected a number of milliseconds, 0 or more, got -1',
  ],
  [{ meter: { store: memoryStore() }, onClosed: 5 }, 'option "onClosed": expected a function, got 5'],
] as const)('the option that is wrong in %j is named, also where a factory made it', async ([options, problem]) => {
  for (const module of [
    () => KilotokenModule.forRoot(options as never),
    () => KilotokenModule.forRootAsync({ useFactory: () => options as never }),
  ]) {
    const compile = async (): Promise<unknown> => Test.createTestingModule({ imports: [module()] }).compile();
    // oxlint-disable-next-line no-await-in-loop -- two modules
    await expect(compile()).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringContaining(problem),
    });
  }
});

class ByProperty {
  @InjectOpenAI() readonly openai!: OpenAI;
}

@Injectable()
class Spare {
  readonly openai: OpenAI | undefined;
  constructor(@Optional() @InjectOpenAI() openai?: OpenAI) {
    this.openai = openai;
  }
}

describe.each([
  ['forRoot', () => KilotokenModule.forRoot({ meter: { store } })],
  ['forRootAsync', () => KilotokenModule.forRootAsync({ useFactory: async () => ({ meter: { store } }) })],
] as const)('without a client, by %s', (_, kilotoken) => {
  test.for([
    ['a controller', { controllers: [ChatController] }, 'ChatController'],
    ['a property', { providers: [ByProperty] }, 'ByProperty'],
    [
      'a factory',
      { providers: [{ provide: 'F', inject: [OPENAI_CLIENT], useFactory: (client: unknown) => client }] },
      'F',
    ],
  ] as const)('%s that injects it ends the start, and the option is named', async ([, module, consumer]) => {
    const compile = async (): Promise<unknown> =>
      Test.createTestingModule({ imports: [kilotoken()], ...(module as object) }).compile();
    await expect(compile()).rejects.toMatchObject({
      code: 'invalid_options',
      message: `KilotokenModule: option "openai" is missing, but ${consumer} injects the client`,
    });
  });

  test('nobody is kept from starting who does not need it, or has one of their own', async () => {
    const own = newClient();
    const module = await Test.createTestingModule({
      imports: [kilotoken(), OwnClientModule],
      providers: [Spare, { provide: 'F', inject: [{ token: OPENAI_CLIENT, optional: true }], useFactory: () => 1 }],
    })
      .overrideProvider('own')
      .useValue(own)
      .compile();
    expect(module.get(Spare).openai).toBeUndefined();
    expect(module.get(ChatController, { strict: false }).openai).toBe(own);
    await module.close();
  });
});

@Module({
  controllers: [ChatController],
  providers: [
    { provide: 'own', useValue: undefined },
    { provide: OPENAI_CLIENT, inject: ['own'], useFactory: (own: unknown) => own },
  ],
})
class OwnClientModule {}

test('an app that is closed twice is told once that it is', async () => {
  const left: number[] = [];
  const module = await Test.createTestingModule({
    imports: [KilotokenModule.forRoot({ meter: { store }, onClosed: (count) => left.push(count) })],
  }).compile();
  await module.close();
  await module.close();
  expect(left).toEqual([0]);
});

test('tests of an app can put a meter of their own in its place', async () => {
  const own = createMeter({ store: memoryStore() });
  const module = await Test.createTestingModule({
    imports: [KilotokenModule.forRoot({ meter: { store } }), ChatModule],
  })
    .overrideProvider(KILOTOKEN_METER)
    .useValue(own)
    .overrideProvider(OPENAI_CLIENT)
    .useValue(newClient())
    .compile();
  expect(module.get(ChatController, { strict: false }).meter).toBe(own);
  await module.close();
});

async function start(kilotoken: ReturnType<typeof KilotokenModule.forRoot>) {
  @Module({ imports: [kilotoken, ChatModule] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return app;
}
