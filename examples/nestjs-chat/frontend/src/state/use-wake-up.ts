import { useEffect, useEffectEvent } from 'react';

/** Calls back when somebody returns to the page, and when the network does: what is shown may be old by then. */
export function useWakeUp(onWakeUp: () => unknown): void {
  const wake = useEffectEvent(() => {
    if (document.visibilityState === 'visible') void onWakeUp();
  });
  useEffect(() => {
    const listener = (): void => wake();
    document.addEventListener('visibilitychange', listener);
    addEventListener('online', listener);
    return () => {
      document.removeEventListener('visibilitychange', listener);
      removeEventListener('online', listener);
    };
  }, []);
}
