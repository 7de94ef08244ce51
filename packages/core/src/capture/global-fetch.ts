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
  let storage: AsyncLocalStorage<boolean> | undefined;
  let isBelow = false;

  const latest = new Proxy(first, {
    apply(_target, _this, parts: Parameters<typeof fetch>) {
      const now = globalThis.fetch;
      if (isBelow || now === first || captureOf(now) !== undefined) return first(...parts);
      storage ??= asyncStorage();
      return storage === undefined ? first(...parts) : storage.run(true, now, ...parts);
    },
  });
  return new Proxy(meter(latest), {
    apply(metered, _this, parts: Parameters<typeof fetch>) {
      if (storage?.getStore() !== true) return metered(...parts);
      isBelow = true;
      return first(...parts);
    },
  });
}
