import { useEffect, useState } from 'react';
import { createLiveStore } from '../store/create-usage-store.ts';
import type { UsageStore, UsageStoreOptions } from '../store/create-usage-store.ts';

/**
 * A store that lives as long as its address and user stay the same. Functions and headers may change with every render;
 * the newest are used.
 *
 * @returns Makes it when it is wanted first.
 */
export function useOwnStore(options: UsageStoreOptions): () => UsageStore {
  const key = [options.src, options.userKey, !options.fetcher].join('\n');
  const [own, setOwn] = useState(() => ownStore(key, options));
  const [ownKey, open, update] = own;
  if (ownKey !== key) setOwn(ownStore(key, options));
  useEffect(() => update(options));
  return open;
}

function ownStore(key: string, options: UsageStoreOptions) {
  // It is made while React renders, which is no time for the app to set states.
  let latest: UsageStoreOptions = {
    ...options,
    onError: (error) => queueMicrotask(() => options.onError?.(error)),
  };
  let store: UsageStore | undefined;
  const open = (): UsageStore => (store ??= createLiveStore(() => latest));
  const update = (next: UsageStoreOptions): void => {
    latest = next;
  };
  return [key, open, update] as const;
}
