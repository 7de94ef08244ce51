import { mongoStore, type MongoStore } from '@kilotoken/mongo-adapter';
import { type DynamicModule, Global, Logger, Module } from '@nestjs/common';
import { Db, MongoClient, ObjectId } from 'mongodb';
import { CHAT_CONFIG, type ChatConfig } from './chat-config.ts';
import { CHAT_PROVIDER, openProvider } from './chat-provider.ts';
import { prepareDatabase } from './prepare-database.ts';
import { USAGE_STORE } from './usage-store.ts';

/** What the app stands on: configuration, database, usage store and provider. */
@Global()
@Module({})
export class PlatformModule {
  static register(config: ChatConfig, client: MongoClient): DynamicModule {
    return {
      module: PlatformModule,
      providers: [
        { provide: CHAT_CONFIG, useValue: config },
        { provide: MongoClient, useValue: client },
        { provide: Db, useFactory: openDatabase, inject: [MongoClient] },
        { provide: USAGE_STORE, useFactory: openUsageStore, inject: [Db] },
        { provide: CHAT_PROVIDER, useFactory: () => openProvider(config) },
      ],
      exports: [CHAT_CONFIG, MongoClient, Db, USAGE_STORE, CHAT_PROVIDER],
    };
  }
}

async function openDatabase(client: MongoClient): Promise<Db> {
  const db = client.db();
  await prepareDatabase(db);
  return db;
}

async function openUsageStore(db: Db): Promise<MongoStore> {
  const logger = new Logger('UsageStore');
  const store = mongoStore({
    db,
    users: { id: (userId) => new ObjectId(userId) },
    messages: { id: (messageId) => new ObjectId(messageId) },
    onError: (error) => logger.warn(error.message),
  });
  await store.ensureIndexes();
  return store;
}
