import { readHeader } from '../platform/request-headers.ts';

/** Where an attempt stands within the SDK call it belongs to. */
export interface CallPlace {
  /** Absent for a first attempt, whose own id names the call. */
  readonly callId: string | undefined;
  readonly number: number;
}

/** What makes two requests interchangeable. */
export interface RetryKey {
  readonly url: string;
  readonly handle: string | undefined;
  /** Empty where it is not text: two such requests cannot be told apart. */
  readonly body: string;
}

/** Joins the attempts of one SDK call, which reach `fetch` as separate requests. */
export interface RetryChain {
  /** @param init - Has the SDK's own count (`x-stainless-retry-count`), where it sends one. */
  place(key: RetryKey, init: RequestInit): CallPlace;
  /** An attempt ended in a way the SDK may retry. */
  failed(key: RetryKey, callId: string, number: number): void;
}

/** The SDK waits at most a minute before a retry. */
const rememberedMs = 120_000;
const maxRemembered = 1000;

/**
 * Builds the memory of attempts that may be retried. Requests of equal key (address, body, turn) are interchangeable:
 * whichever of two equal calls a retry is counted to, each call has one chain of attempts.
 */
export function createRetryChain(): RetryChain {
  /** Times are by the clock that nobody sets. */
  const waiting = new Map<string, { readonly callId: string; readonly number: number; readonly atMs: number }[]>();
  return {
    place(key, init) {
      if (waiting.size === 0) return firstAttempt;
      const retryCount = retryCountOf(init);
      if (retryCount === 0 || (retryCount === undefined && key.body === '')) return firstAttempt;
      const digest = digestOf(key);
      const candidates = waiting.get(digest)?.filter(({ atMs }) => performance.now() - atMs <= rememberedMs) ?? [];
      const match = candidates.findIndex((entry) => retryCount === undefined || entry.number >= retryCount);
      const entry = candidates[match];
      if (entry === undefined)
        return retryCount === undefined ? firstAttempt : { callId: undefined, number: retryCount + 1 };
      candidates.splice(match, 1);
      if (candidates.length === 0) waiting.delete(digest);
      else waiting.set(digest, candidates);
      return { callId: entry.callId, number: entry.number + 1 };
    },
    failed(key, callId, number) {
      if (waiting.size >= maxRemembered) forgetOldest();
      const digest = digestOf(key);
      const entries = waiting.get(digest) ?? [];
      if (entries.length >= maxRemembered) entries.shift();
      entries.push({ callId, number, atMs: performance.now() });
      waiting.set(digest, entries);
    },
  };

  function forgetOldest(): void {
    const oldest = waiting.keys().next().value;
    if (oldest !== undefined) waiting.delete(oldest);
  }
}

function retryCountOf({ headers }: RequestInit): number | undefined {
  const count = readHeader(headers, 'x-stainless-retry-count');
  return count === undefined ? undefined : Number(count);
}

const firstAttempt: CallPlace = { callId: undefined, number: 1 };

/** FNV-1a, so that no prompt is kept waiting for a retry that may never come. */
function digestOf({ url, handle, body }: RetryKey): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < body.length; at += 1) hash = Math.imul(hash ^ body.charCodeAt(at), 0x01000193);
  return `${url} ${handle ?? ''} ${body.length} ${hash >>> 0}`;
}
