import { captureOf } from './metered-fetch.ts';
import type { Capture } from './metered-fetch.ts';
import type { TimedClient } from './request/prepare-call.ts';

/** A client whose `fetch` can be replaced: any of openai 4 to 7, and its Azure sibling. */
interface ClientWithFetch extends TimedClient {
  fetch: typeof fetch;
  withOptions?: (...parts: unknown[]) => unknown;
}

/** Tells whether a value has what {@link wrapClient} replaces. */
export function isClient(value: unknown): value is ClientWithFetch {
  return typeof value === 'object' && value !== null && clientsIn(value).length > 0;
}

/**
 * Replaces `client.fetch` by its metered self, on the client itself, and on the one behind it where it is a copy.
 *
 * @returns False where another meter has the client already; it stays with that one.
 */
export function wrapClient(client: ClientWithFetch, capture: Capture): boolean {
  return clientsIn(client).every((one) => wrapOne(one, capture));
}

/**
 * The client, and the one behind it: where it is a copy whose resources keep theirs, as `wrapOpenAI` of langsmith makes,
 * or another object that keeps the client, as Instructor is.
 */
function clientsIn(value: object): ClientWithFetch[] {
  const { chat, client } = value as { readonly chat?: unknown; readonly client?: unknown };
  // A resource of the SDK keeps its client there, in all majors.
  const behind: unknown = typeof chat === 'object' && chat !== null ? Reflect.get(chat, '_client') : undefined;
  return [value, behind, client].filter(hasFetch);
}

function hasFetch(value: unknown): value is ClientWithFetch {
  if (typeof value !== 'object' || value === null) return false;
  const client = value as { readonly fetch?: unknown; readonly post?: unknown };
  return typeof client.fetch === 'function' && typeof client.post === 'function';
}

function wrapOne(client: ClientWithFetch, capture: Capture): boolean {
  const inner = ownMember(client, 'fetch') as typeof fetch;
  const owner = captureOf(inner);
  if (owner !== undefined) return owner === capture;
  const own = (client.fetch = capture.fetch(inner, client));
  const withOptions = ownMember(client, 'withOptions');
  if (typeof withOptions === 'function') {
    // A clone takes the metered fetch over, except in openai 7 where it goes to another origin and starts afresh. It
    // may have a time-out of its own, and so gets a fetch of its own.
    const metered = function (this: unknown, ...parts: unknown[]): unknown {
      const clone: unknown = withOptions.apply(this, parts);
      if (!isClient(clone)) return clone;
      if (clone.fetch === own) clone.fetch = inner;
      wrapClient(clone, capture);
      return clone;
    };
    Object.defineProperty(client, 'withOptions', { configurable: true, writable: true, value: metered });
  }
  return true;
}

/**
 * What the client itself has, behind a proxy that reports each function it hands out: `observeOpenAI` of langfuse would
 * trace every request once more, as a call of `fetch`.
 */
function ownMember(client: ClientWithFetch, name: 'fetch' | 'withOptions'): unknown {
  for (let owner: object | null = client; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    const value: unknown = Object.getOwnPropertyDescriptor(owner, name)?.value;
    if (value !== undefined) return value;
  }
  return client[name];
}
