import 'reflect-metadata';
import { sqliteStore, type Meter, type UsageStore } from '@kilotoken/core';
import { InjectMeter, InjectOpenAI, KILOTOKEN_METER, KilotokenModule, OPENAI_CLIENT } from '@kilotoken/nestjs';
import { Controller, Get, Global, Inject, Module, Param, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import OpenAI from 'openai';

// One file without relative imports, so that it is a CommonJS module and an ES module as the app around it is.
// METERING says how the module is imported. The usage of the app waits in memory until it is told to stop.
const CONFIG = Symbol('config');
const STORE = Symbol('store');
const CHAT_CLIENT = Symbol('chat client');
const isAsync = process.env['METERING'] === 'forRootAsync';
const clientToken = isAsync ? CHAT_CLIENT : OPENAI_CLIENT;

interface Config {
  readonly usageDb: string;
  readonly baseURL: string;
}

const readConfig = (): Config => ({
  usageDb: process.env['USAGE_DB'] ?? '',
  baseURL: process.env['OPENAI_BASE_URL'] ?? '',
});

function metering({ baseURL }: Config, store: UsageStore, closeStore: () => Promise<void>) {
  return {
    meter: { store, queue: { flushIntervalMs: 60_000 } },
    openai: new OpenAI({ baseURL, apiKey: 'test' }),
    onClosed: (left: number) => {
      console.log(`drained, ${left} left`);
      return closeStore();
    },
  };
}

@Controller()
class ChatController {
  constructor(
    @InjectMeter() private readonly meter: Meter,
    @Inject(KILOTOKEN_METER) private readonly sameMeter: Meter,
    @InjectOpenAI(clientToken) private readonly openai: OpenAI,
    @Inject(clientToken) private readonly sameClient: OpenAI,
  ) {}

  @Get('ask/:userId')
  async ask(@Param('userId') userId: string) {
    const turn = this.meter.track({ userId });
    const stream = await this.openai.chat.completions.create(
      { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Name three rivers' }], stream: true },
      turn.options,
    );
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    const { calls, tokens } = await turn.usage();
    const areSame = this.meter === this.sameMeter && this.openai === this.sameClient;
    return { text, calls, tokens, waiting: this.meter.stats().queued, areSame };
  }
}

/** A feature: it imports nothing of ours. */
@Module({ controllers: [ChatController] })
class ChatModule {}

@Module({ providers: [{ provide: CONFIG, useFactory: readConfig }], exports: [CONFIG] })
class ConfigModule {}

/** As modules of databases are: global, imported first, and closed by Nest. What is left has to be stored before that. */
@Global()
@Module({
  providers: [{ provide: STORE, useFactory: () => sqliteStore({ path: readConfig().usageDb }) }],
  exports: [STORE],
})
class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(STORE) private readonly store: UsageStore) {}

  onApplicationShutdown(): Promise<void> {
    return this.store.close();
  }
}

function meteringByHand() {
  const store = sqliteStore({ path: readConfig().usageDb });
  return metering(readConfig(), store, () => store.close());
}

@Module({
  imports: isAsync
    ? [
        DatabaseModule,
        KilotokenModule.forRootAsync({
          imports: [ConfigModule],
          inject: [CONFIG, STORE],
          useFactory: (config: Config, store: UsageStore) =>
            Promise.resolve(metering(config, store, () => Promise.resolve())),
          openaiToken: CHAT_CLIENT,
        }),
        ChatModule,
      ]
    : [KilotokenModule.forRoot(meteringByHand()), ChatModule],
})
class AppModule {}

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
}
void bootstrap();
