import { useSyncExternalStore } from 'react';
import type { Chat, ChatState } from './create-chat.ts';

const empty: ChatState = { isLoaded: true, messages: [], isBusy: false };
const nothing = { get: () => empty, subscribe: () => () => undefined };

/** What to show of a conversation, or of one that has not begun. */
export function useChatState(chat: Chat | undefined): ChatState {
  const { get, subscribe } = chat ?? nothing;
  return useSyncExternalStore(subscribe, get);
}
