import OpenAI from 'openai';
import { afterEach } from 'vitest';
import { type FakeProvider, fakeProvider, type FakeProviderOptions } from '../../src/testing/index.ts';

const providers: FakeProvider[] = [];

afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.close()));
});

/** A provider that is closed after the test. */
export async function startProvider(options?: FakeProviderOptions): Promise<FakeProvider> {
  const provider = await fakeProvider(options);
  providers.push(provider);
  return provider;
}

export function clientOf(provider: FakeProvider, maxRetries = 0): OpenAI {
  return new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries });
}

/** A chat request body that says "Hi you" (two tokens). */
export const hi = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi you' }] };
export const hiStream = { ...hi, stream: true as const };
export const hiAsked = { ...hiStream, stream_options: { include_usage: true } };

export function post(provider: FakeProvider, body: unknown, path = '/chat/completions', init: RequestInit = {}) {
  return fetch(provider.baseURL + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });
}

export async function textOfPost(provider: FakeProvider, body: unknown, path?: string): Promise<string> {
  const response = await post(provider, body, path);
  return response.text();
}

/** A promise and the function that resolves it: what a gate waits for. */
export function latch(): { readonly opened: Promise<void>; open(): void } {
  let open: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open?.() };
}

/** The data of each event, parsed, `[DONE]` as it is. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests read what a provider sent
export function eventData(text: string): any[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.split('\n').findLast((line) => line.startsWith('data: ')) ?? '')
    .map((line) => (line === 'data: [DONE]' ? '[DONE]' : JSON.parse(line.slice(6))));
}

/** Reads a body to its end or its breaking off. */
export async function readWrites(response: Response): Promise<{ parts: string[]; error: unknown }> {
  const parts: string[] = [];
  try {
    for await (const part of response.body ?? []) parts.push(Buffer.from(part).toString('latin1'));
  } catch (error) {
    return { parts, error };
  }
  return { parts, error: undefined };
}
