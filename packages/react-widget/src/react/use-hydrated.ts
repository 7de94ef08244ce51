import { useSyncExternalStore } from 'react';

/** False while server markup is taken over, then true: what may differ between server and browser is shown after it. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

function never(): () => void {
  return () => undefined;
}
