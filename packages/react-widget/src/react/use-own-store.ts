import { useEffect, useState } from 'react';
import { createUsageStore } from '../store/create-usage-store.ts';
import type { UsageStore, UsageStoreOptions } from '../store/create-usage-store.ts';

/**
 * A store that lives as long as its address and user stay the same. Functions and headers may change with every render;
 * the newest are used.
 *
 * @param options - `undefined`: no store.
 */
export function useOwnStore(options: UsageStoreOptions | undefined): UsageStore | undefined {
  const key = options && JSON.stringify([String(options.src), options.userKey]);
  const [own, setOwn] = useState(() => ownStore(key, options));
  if (own.key !== key) setOwn(ownStore(key, options));
  const { update } = own;
  useEffect(() => update(options));
  return own.store;
}

function ownStore(key: string | undefined, options: UsageStoreOptions | undefined) {
  let latest = options;
  const of = (): UsageStoreOptions => latest ?? {};
  const update = (next: UsageStoreOptions | undefined): void => {
    latest = next;
  };
  const store =
    options &&
    createUsageStore({
      ...options,
      headers: () => {
        const { headers = {} } = of();
        return typeof headers === 'function' ? headers() : headers;
      },
      ...(options.fetcher && { fetcher: (signal) => of().fetcher!(signal) }),
      onUnauthorized: () => of().onUnauthorized?.(),
      onError: (error) => of().onError?.(error),
    });
  return { key, store, update };
}
