import { KilotokenModule } from '@kilotoken/nestjs';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { MongoClient } from 'mongodb';
import { AuthGuard } from './auth/auth.guard.ts';
import { AuthModule } from './auth/auth.module.ts';
import { SameOriginGuard } from './auth/same-origin.guard.ts';
import { ChatModule } from './chat/chat.module.ts';
import { HealthController } from './health/health.controller.ts';
import { ErrorFilter } from './http/error.filter.ts';
import { requestLimit } from './http/request-limit.ts';
import { CHAT_CONFIG, type ChatConfig } from './platform/chat-config.ts';
import { CHAT_PROVIDER } from './platform/chat-provider.ts';
import { metering } from './platform/metering.ts';
import { PlatformModule } from './platform/platform.module.ts';
import { USAGE_STORE } from './platform/usage-store.ts';
import { UsageController } from './usage/usage.controller.ts';

/** The whole app. */
@Module({})
export class AppModule {
  static register(config: ChatConfig, client: MongoClient): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.register(config, client),
        KilotokenModule.forRootAsync({
          inject: [CHAT_CONFIG, USAGE_STORE, CHAT_PROVIDER, MongoClient],
          useFactory: metering,
        }),
        ThrottlerModule.forRoot([requestLimit(config)]),
        AuthModule,
        ChatModule,
      ],
      controllers: [HealthController, UsageController],
      // Guards run in this order: a flood is turned away before anything is asked of the database.
      providers: [
        { provide: APP_GUARD, useClass: ThrottlerGuard },
        { provide: APP_GUARD, useClass: SameOriginGuard },
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
