import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeProvider, type FakeProvider } from '@kilotoken/core/testing';
import { startMongo, type TestMongo } from '@kilotoken/mongo-adapter/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createApp } from '../src/create-app.ts';
import { type ChatConfig, readConfig } from '../src/platform/chat-config.ts';
import { chatUser, type ChatUser } from './chat-user.ts';

/** The app under test: a real server on a real database, with a provider of the test. */
export interface ChatApp {
  readonly url: string;
  readonly nest: NestExpressApplication;
  readonly provider: FakeProvider;
  readonly db: Db;
  /** Somebody with a new account. */
  signUp(): Promise<ChatUser>;
}

/** Gives each test of a file an app of its own, on one mongod. */
export function chatAppForTests(changes: Partial<ChatConfig> = {}): () => ChatApp {
  let mongo: TestMongo;
  let client: MongoClient;
  let folder: string;
  let app: ChatApp;

  beforeAll(async () => {
    mongo = await startMongo({ members: 1 });
    client = await new MongoClient(mongo.uri).connect();
  });
  afterAll(async () => {
    await client?.close();
    await mongo?.stop();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-chat-'));
    const provider = await fakeProvider();
    const name = `chat-${randomUUID()}`;
    const config: ChatConfig = {
      ...readConfig({}),
      mongoUri: mongo.uri.replace('/?', `/${name}?`),
      provider: { baseURL: provider.baseURL, apiKey: 'secret-key-of-the-provider' },
      journalDir: join(folder, 'journal'),
      requestsPerMinute: 100_000,
      frontEnd: undefined,
      ...changes,
    };
    const nest = await createApp(config, []);
    await nest.listen(0, '127.0.0.1');
    const url = await nest.getUrl();
    let count = 0;
    app = {
      url,
      nest,
      provider,
      db: client.db(name),
      async signUp() {
        count += 1;
        const user = chatUser(url);
        const response = await user.post('/api/auth/register', {
          email: `user${count}@example.com`,
          password: 'correct horse',
        });
        if (response.status !== 201) throw new Error(`registering failed: ${await response.text()}`);
        return user;
      },
    };
  });
  afterEach(async () => {
    await app.nest.close();
    await app.provider.close();
    await app.db.dropDatabase();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => app;
}
