import type { AsyncLocalStorage } from 'node:async_hooks';
import { asyncStorage } from '../node/async-storage.ts';
import { captureOf } from './metered-fetch.ts';

/**
 * Meters the global `fetch` as it is at each call. The AI SDK and LangChain.js, given no `fetch`, look it up as late, and
 * tests count on that: MSW, or a stub, takes its place after the app has been loaded.
 *
 * What took its place may in turn be built on what is returned here. Async context tells, and from then on the global
 * one of the start is under it: else the two would call each other for ever. A process whose global `fetch` stays what it
 * was has no such context, and one whose runtime has none keeps the global one of the start.
 */
export function globalFetch(meter: (inner: typeof fetch) => typeof fetch): typeof fetch {
  const first = globalThis.fetch;
  let isBelow = false;
  const look = (): void => {
    isBelow ||= captureOf(globalThis.fetch) !== undefined;
  };
  // Where it is made the global one at once, as apps do: before anything else takes its place.
  void Promise.resolve().then(look);

  const latest = new Proxy(first, {
    apply(_target, _this, parts: Parameters<typeof fetch>) {
      const now = globalThis.fetch;
      look();
      if (isBelow || now === first) return first(...parts);
      storage ??= asyncStorage();
      if (storage === undefined) return first(...parts);
      return passOn(storage, now, parts);
    },
  });
  return new Proxy(meter(latest), {
    apply(metered, _this, parts: Parameters<typeof fetch>) {
      if (storage?.getStore()?.isAnswered !== false) return metered(...parts);
      isBelow = true;
      return first(...parts);
    },
  });
}

/**
 * Calls what took the place of the global `fetch`. On Node 22 a storage that was used once makes each promise of the process
 * dearer until it is disabled, so it is, where no call waits for its answer.
 */
function passOn(
  within: AsyncLocalStorage<PassedOn>,
  now: typeof fetch,
  parts: Parameters<typeof fetch>,
): ReturnType<typeof fetch> {
  const passedOn = { isAnswered: false };
  const over = (): void => {
    passedOn.isAnswered = true;
    waiting -= 1;
    // Not every runtime can do that, nor has every one a need of it.
    if (waiting === 0) (within as { disable?(): void }).disable?.();
  };
  waiting += 1;
  try {
    const answer = within.run(passedOn, now, ...parts);
    // A stub may return no promise.
    void Promise.resolve(answer).then(over, over);
    return answer;
  } catch (error) {
    over();
    throw error;
  }
}

/** So many calls that were passed on wait for their answer. */
let waiting = 0;

/** One for all, since what took the place of the global `fetch` may be built on that of another. */
let storage: AsyncLocalStorage<PassedOn> | undefined;

/**
 * A call that the global `fetch` has got. Until it is answered: what was made meanwhile, as a connection, remembers the call
 * for as long as it lives, and whatever its events lead to is a call of its own.
 */
interface PassedOn {
  isAnswered: boolean;
}
