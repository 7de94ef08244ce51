import { useEffect, useEffectEvent } from 'react';

// Its own messages do not come back to it, so one per page is enough.
const channel = new BroadcastChannel('chat');

/** Says to this browser's other tabs that something has changed: they read it anew. */
export function tellOtherTabs(): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel, not a window
  channel.postMessage('changed');
}

export function useOtherTabs(onChange: () => void): void {
  const change = useEffectEvent(onChange);
  useEffect(() => {
    const listener = (): void => change();
    channel.addEventListener('message', listener);
    return () => channel.removeEventListener('message', listener);
  }, []);
}
