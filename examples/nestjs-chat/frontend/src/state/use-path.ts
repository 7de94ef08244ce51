import { useSyncExternalStore } from 'react';

/** The id of the conversation in the address, `undefined` for a new one. */
export function useConversationId(): string | undefined {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return /^\/c\/(\w+)$/.exec(path)?.[1];
}

export function conversationPath(id: string | undefined): string {
  return id === undefined ? '/' : `/c/${id}`;
}

export function showConversation(id: string | undefined): void {
  const path = conversationPath(id);
  if (path === location.pathname) return;
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  return () => removeEventListener('popstate', listener);
}
