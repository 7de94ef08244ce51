import OpenAI from 'openai';
import OpenAI4 from 'openai-v4';
import OpenAI5 from 'openai-v5';
import OpenAI6 from 'openai-v6';

/** A major version of the `openai` package; all are used through the types of the newest. */
export interface SdkMajor {
  readonly name: string;
  readonly Client: typeof OpenAI;
}

/** The newest release of every major, the first on node-fetch and Node streams, the others on the web's. */
export const sdkMajors: readonly SdkMajor[] = [
  { name: 'openai 4', Client: OpenAI4 as unknown as typeof OpenAI },
  { name: 'openai 5', Client: OpenAI5 as unknown as typeof OpenAI },
  { name: 'openai 6', Client: OpenAI6 as unknown as typeof OpenAI },
  { name: 'openai 7', Client: OpenAI },
];

/**
 * A client that believes it talks to `baseURL`, while its requests go to a server on loopback. It keeps the `fetch` the
 * SDK itself has chosen, so that openai 4 reads Node streams as it does in apps.
 */
export function clientFor({ Client }: SdkMajor, baseURL: string, loopback: string): OpenAI {
  const client = new Client({ baseURL, apiKey: 'test', maxRetries: 0 });
  const door = client as unknown as { fetch: (input: string, init?: unknown) => Promise<Response> };
  const { fetch: own } = door;
  door.fetch = (input, init) => {
    const url = new URL(input);
    // openai 5 and later ask for `data:,` once, to find out what their fetch can do.
    if (!url.protocol.startsWith('http')) return own(input, init);
    return own(new URL(url.pathname + url.search, loopback).href, init);
  };
  return client;
}
