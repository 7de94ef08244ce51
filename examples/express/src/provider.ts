import type { ClientOptions } from 'openai';

/** Whom the app asks. */
export interface Provider {
  readonly options: ClientOptions;
  close(): Promise<void>;
}

/** The provider of OPENAI_API_KEY and OPENAI_BASE_URL; without a key a scripted one, on this machine. */
export async function openProvider(): Promise<Provider> {
  if (process.env['OPENAI_API_KEY'] !== undefined) return { options: {}, close: () => Promise.resolve() };
  const { fakeProvider } = await import('@kilotoken/core/testing');
  const { baseURL, close } = await fakeProvider();
  return { options: { baseURL, apiKey: 'none' }, close };
}
