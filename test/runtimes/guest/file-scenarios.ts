import { createMeter, isMeterError, memoryStore, sqliteStore } from '@kilotoken/core';
import { usageRecord, usageStoreConformance } from '@kilotoken/core/testing';
import OpenAI from 'openai';
import { request, type Scenario } from './scenarios.ts';

/** What an app does with files, on runtimes that have them. */
export const fileScenarios: Readonly<Record<string, Scenario>> = {
  'sqlite conformance': async () => {
    const failures: string[] = [];
    for (const { name, run } of usageStoreConformance) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, to tell them apart
      await run(() => sqliteStore({ path: ':memory:' })).catch((error: unknown) =>
        failures.push(`${name}: ${String(error)}`),
      );
    }
    return { count: usageStoreConformance.length, failures };
  },
  'sqlite in a file': async (_session, { folder = '' }) => {
    const path = `${folder}/usage.db`;
    const before = sqliteStore({ path });
    await before.append([usageRecord({ id: 'a' }), usageRecord({ id: 'b' })]);
    await before.close();
    const after = sqliteStore({ path });
    const { duplicates } = await after.append([usageRecord({ id: 'a' })]);
    const { calls } = await after.totals({});
    await after.close();
    return { duplicates, calls };
  },
  'sqlite behind a lock': async (_session, { folder = '' }) => {
    const path = `${folder}/locked.db`;
    const store = sqliteStore({ path, busyTimeoutMs: 0 });
    await store.append([usageRecord({ id: 'a' })]);
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const refusal = await store.append([usageRecord({ id: 'b' })]).catch((error: unknown) => error);
    other.exec('COMMIT');
    other.close();
    const { inserted } = await store.append([usageRecord({ id: 'b' })]);
    await store.close();
    return { refusal: isMeterError(refusal) ? [refusal.code, refusal.message] : String(refusal), inserted };
  },
  'journal that outlives its meter': async (_session, { folder = '', baseURL }) => {
    const journal = { path: `${folder}/journal` };
    const isDown = { ...memoryStore(), append: () => Promise.reject(new Error('down')) };
    const store = memoryStore();
    for (const each of [isDown, store]) {
      const meter = createMeter({ store: each, journal });
      const client = meter.wrap(new OpenAI({ baseURL, apiKey: 'test', maxRetries: 0 }));
      // oxlint-disable-next-line no-await-in-loop -- the second meter comes after the first
      await client.chat.completions.create(request);
      // oxlint-disable-next-line no-await-in-loop -- the second meter comes after the first
      await meter.close({ timeoutMs: each === store ? 5000 : 0 });
    }
    return (await store.totals({})).calls;
  },
};
