import type { AnswerReader } from '../payloads/answer-reader.ts';
import type { Attempt } from './attempt.ts';

/** Where and as whom to ask. */
export interface LookupAccess {
  /** The app's own `fetch`, without metering. */
  readonly send: typeof fetch;
  /** The app's own `authorization` header. */
  readonly authorization: string | undefined;
}

/** Asks OpenRouter what a generation came to whose answer did not say. */
export interface GenerationLookup {
  /**
   * Starts asking where that can help.
   *
   * @param done - Called when the usage was found or it was given up, never within this call.
   * @returns False where there is nobody to ask: `done` is not called.
   */
  start(attempt: Attempt, access: LookupAccess, done: () => void): boolean;
  /** Gives up on all that is under way: each `done` is called before this returns. */
  giveUp(): void;
}

/** One answer to a lookup may take so long. */
const timeoutMs = 10_000;

/**
 * Builds the lookup.
 *
 * @param waitsMs - Pauses before each try: the provider knows a generation a moment after its end.
 * @param onFirst - Called once, before the first lookup.
 */
export function createGenerationLookup(waitsMs: readonly number[], onFirst: () => void): GenerationLookup {
  const underway = new Map<AbortController, (isFound: boolean) => void>();
  let hasBegun = false;

  return {
    start(attempt, access, done) {
      const { reader } = attempt;
      const id = reader.responseId ?? attempt.generationId;
      if (attempt.provider !== 'openrouter' || reader.hasUsage || id === undefined) return false;
      if (attempt.operation === 'speech' || attempt.kind !== 'call' || access.authorization === undefined) return false;
      // Throws for half a surrogate pair, and then nothing has begun.
      const url = `${attempt.origin}/api/v1/generation?id=${encodeURIComponent(id)}`;
      if (!hasBegun) onFirst();
      hasBegun = true;
      const over = new AbortController();
      underway.set(over, finish);
      void ask(url, access, reader, over.signal).then(finish);
      return true;

      function finish(isFound: boolean): void {
        if (!underway.delete(over)) return;
        attempt.recovered = isFound;
        over.abort();
        done();
      }
    },
    giveUp() {
      for (const finish of underway.values()) finish(false);
    },
  };

  /** True where the reader has seen the usage. Never rejects. */
  async function ask(url: string, access: LookupAccess, reader: AnswerReader, over: AbortSignal): Promise<boolean> {
    for (const waitMs of waitsMs) {
      await pause(waitMs, over);
      if (over.aborted) return false;
      try {
        const signal = AbortSignal.any([over, AbortSignal.timeout(timeoutMs)]);
        const headers = { authorization: access.authorization ?? '', accept: 'application/json' };
        const response = await access.send(url, { headers, signal });
        const text = await response.text();
        // Refused, not merely too early.
        if (response.status === 401 || response.status === 403) return false;
        if (response.ok) reader.see(JSON.parse(text));
        if (reader.hasUsage) return true;
      } catch {
        // Out of reach, aborted, or no JSON: the next try may be luckier.
      }
    }
    return false;
  }
}

function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      over.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    (timer as { unref?: () => void }).unref?.();
    over.addEventListener('abort', finish);
  });
}
