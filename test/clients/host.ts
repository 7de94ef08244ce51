import type { FakeProvider } from '@kilotoken/core/testing';
import type { ClientOptions, OpenAI } from 'openai';
import type { SdkUnderTest } from './sdk-under-test.ts';

/** An app with its client, bare or metered: it cannot tell which, and neither can the code of a check. */
export interface Host {
  readonly under: SdkUnderTest;
  readonly provider: FakeProvider;
  /** A client without retries. */
  readonly openai: OpenAI;
  /** Another client for the same provider, wrapped where `openai` is. */
  create(options?: ClientOptions): OpenAI;
  /** Does to a client what was done to `openai`. */
  wrap<Client extends object>(client: Client): Client;
}

/** The request most checks send. */
const messages = [{ role: 'user' as const, content: 'Name three rivers' }];
export const chat = { model: 'gpt-5-mini', messages };
export const chatStream = { ...chat, stream: true as const };

/** The chat helpers (`stream`, `parse`, `runTools`), which are in beta in openai 4. */
export function helpersOf(openai: OpenAI): OpenAI['chat']['completions'] | undefined {
  const beta = (openai.beta as unknown as Partial<OpenAI> | undefined)?.chat?.completions;
  const { completions } = openai.chat;
  return 'stream' in completions ? completions : beta;
}

/** Reads an iterable to its end. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** What can be compared of a response: everything but the time and the port. */
export function viewOf(response: Response): Record<string, unknown> {
  return {
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers].filter(([name]) => name !== 'date'),
    path: new URL(response.url).pathname,
    ok: response.ok,
    redirected: response.redirected,
    type: response.type,
    bodyUsed: response.bodyUsed,
    constructor: response.constructor,
    bodyKind: kindOf(response.body),
    keys: Object.keys(response),
  };
}

function kindOf(body: object | null | undefined): unknown {
  if (body === null || body === undefined) return body;
  return 'getReader' in body ? body.constructor : 'node stream';
}

/** What can be compared of the error a host gets. */
export async function errorOf(failing: PromiseLike<unknown>): Promise<unknown> {
  try {
    await failing;
  } catch (error) {
    return errorView(error);
  }
  return 'no error';
}

/** Class, message, cause and fields of an error, without headers and socket, which differ from call to call. */
function errorView(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const fields = Object.fromEntries(
    Object.entries(error)
      .filter(([name, value]) => name !== 'headers' && name !== 'socket' && typeof value !== 'function')
      .map(([name, value]: [string, unknown]) => [name, typeof value === 'string' ? withoutPort(value) : value]),
  );
  return {
    constructor: error.constructor,
    name: error.name,
    message: withoutPort(error.message),
    fields: { ...fields, ...(fields['cause'] === undefined ? {} : { cause: 'below' }) },
    cause: error.cause === undefined ? undefined : errorView(error.cause),
  };
}

function withoutPort(text: string): string {
  return text.replace(/127\.0\.0\.1:\d+/, 'provider');
}
