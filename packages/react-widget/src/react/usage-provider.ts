import { createContext, createElement, useContext } from 'react';
import type { ReactElement, ReactNode } from 'react';
import type { UsageStore } from '../store/create-usage-store.ts';

const UsageContext = /* @__PURE__ */ createContext<UsageStore | undefined>(undefined);

/**
 * Provides one store to all widgets and hooks below it, so that they share its requests.
 *
 * @example
 * ```tsx
 * <KilotokenProvider store={store}><App /></KilotokenProvider>
 * ```
 */
export function KilotokenProvider(props: { readonly store: UsageStore; readonly children?: ReactNode }): ReactElement {
  return createElement(UsageContext.Provider, { value: props.store }, props.children);
}

/**
 * Returns the store of the nearest provider, or `undefined` outside a provider.
 *
 * @example
 * ```tsx
 * const store = useUsageStore();
 * return <button onClick={() => store?.refresh()}>Refresh</button>;
 * ```
 */
export function useUsageStore(): UsageStore | undefined {
  return useContext(UsageContext);
}
