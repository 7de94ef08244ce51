import 'reflect-metadata';
import { memoryStore, type Meter } from '@kilotoken/core';
import { fakeProvider, type FakeProvider } from '@kilotoken/core/testing';
import { Controller, Get, Injectable, Module, Sse } from '@nestjs/common';
import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import OpenAI from 'openai';
import { Observable } from 'rxjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InjectMeter, InjectOpenAI, KilotokenModule } from '../src/index.ts';

type SignedIn = { headers: Record<string, string>; user?: { id: string } };

/** Knows who is asking after a while, as one that reads a session. */
@Injectable()
class LateGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SignedIn>();
    await new Promise((resolve) => setTimeout(resolve, 5));
    request.user = { id: request.headers['x-user'] ?? '' };
    return true;
  }
}

/** As in the README. */
@Injectable()
class TurnInterceptor implements NestInterceptor {
  private readonly meter: Meter;

  constructor(@InjectMeter() meter: Meter) {
    this.meter = meter;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { user } = context.switchToHttp().getRequest<SignedIn>();
    const turn = this.meter.track(user === undefined ? {} : { userId: user.id });
    return new Observable((subscriber) => turn.run(() => next.handle().subscribe(subscriber)));
  }
}

@Injectable()
class Passing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

@Controller()
class ChatController {
  private readonly openai: OpenAI;

  constructor(@InjectOpenAI() openai: OpenAI) {
    this.openai = openai;
  }

  @Get('ask')
  async ask(): Promise<string> {
    let text = '';
    for await (const part of this.parts()) text += part;
    return text;
  }

  @Sse('sse')
  sse(): Observable<{ data: string }> {
    return new Observable((subscriber) => {
      const send = async (): Promise<void> => {
        for await (const data of this.parts()) subscriber.next({ data });
        subscriber.complete();
      };
      send().catch((error: unknown) => subscriber.error(error));
    });
  }

  @Get('fail')
  async fail(): Promise<never> {
    const text = await this.ask();
    throw new Error(text);
  }

  private async *parts(): AsyncGenerator<string> {
    const stream = await this.openai.chat.completions.create({
      model: 'fake-model',
      messages: [{ role: 'user', content: 'one two' }],
      stream: true,
    });
    for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? '';
  }
}

let provider: FakeProvider;
beforeEach(async () => {
  provider = await fakeProvider();
});
afterEach(() => provider.close());

test('an interceptor behind the guards makes each call that of its user, many at once, also in @Sse and where a handler fails', async () => {
  const store = memoryStore();
  @Module({
    imports: [
      KilotokenModule.forRoot({
        meter: { store },
        openai: new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }),
      }),
    ],
    controllers: [ChatController],
    providers: [
      { provide: APP_GUARD, useClass: LateGuard },
      { provide: APP_INTERCEPTOR, useClass: Passing },
      { provide: APP_INTERCEPTOR, useClass: TurnInterceptor },
      { provide: APP_INTERCEPTOR, useClass: Passing },
    ],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const asked = Array.from({ length: 30 }, (_, index) => ({
    route: ['ask', 'sse', 'fail'][index % 3] ?? '',
    user: `user-${index}`,
  }));
  await Promise.all(
    asked.map(async ({ route, user }) => (await fetch(`${url}/${route}`, { headers: { 'x-user': user } })).text()),
  );
  await app.close();
  const counted = await Promise.all(
    asked.map(async ({ route, user }) => [route, user, (await store.totals({ userId: user })).calls] as const),
  );
  expect(counted.filter(([, , calls]) => calls !== 1)).toEqual([]);
  expect((await store.totals({ userId: null })).calls).toBe(0);
});
