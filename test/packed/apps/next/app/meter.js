import { createMeter, sqliteStore } from '@kilotoken/core';
import { after } from 'next/server';
import OpenAI from 'openai';

// The build loads this module too, in several processes, to see what the routes are.
export const store = sqliteStore({ path: 'usage.db' });

export const meter = createMeter({
  store,
  journal: { path: 'usage-journal' },
  // Settled once the record is durable; `after` waits for what it is given.
  waitUntil: (promise) => after(promise.then(() => console.log('after: settled'))),
  onError: (error) => console.error('meter:', error),
});

export const openai = meter.wrap(
  new OpenAI({ baseURL: process.env.OPENAI_BASE_URL ?? 'http://provider.invalid/v1', apiKey: 'test' }),
);
