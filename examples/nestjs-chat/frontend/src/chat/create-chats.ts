import { createChat } from './create-chat.ts';
import type { Chat, ChatOptions } from './create-chat.ts';

/** The conversations that were opened. A reply goes on while another conversation is looked at. */
export interface Chats {
  /** The same object each time. */
  readonly of: (id: string) => Chat;
}

export function createChats(options: ChatOptions): Chats {
  const chats = new Map<string, Chat>();
  return {
    of(id) {
      const chat = chats.get(id) ?? createChat(id, options);
      chats.set(id, chat);
      return chat;
    },
  };
}
