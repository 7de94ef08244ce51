import { createMeter, sqliteStore } from '@kilotoken/core';
import { after } from 'next/server';
import OpenAI, { type ClientOptions } from 'openai';

const shared = globalThis as { metering?: ReturnType<typeof open> };

/** One for the process, made at the first request: `next build` loads modules too, and `next dev` loads them anew. */
export function metering(): ReturnType<typeof open> {
  return (shared.metering ??= open());
}

async function open() {
  const store = sqliteStore({ path: process.env.USAGE_DB ?? 'usage.db' });
  // The platform keeps the function alive until the record is stored, also where the reader has left.
  const meter = createMeter({ store, waitUntil: (stored) => after(stored), onError: (error) => console.error(error) });
  return { store, meter, openai: meter.wrap(new OpenAI(await clientOptions())) };
}

/** Without a key a scripted model answers, on this machine. */
async function clientOptions(): Promise<ClientOptions> {
  if (process.env.OPENAI_API_KEY !== undefined) return {};
  const { fakeProvider } = await import('@kilotoken/core/testing');
  return { baseURL: (await fakeProvider()).baseURL, apiKey: 'none' };
}
