import { useState } from 'react';
import type { DemoUser } from './demo-users.ts';
import { streamReply } from './stream-reply.ts';
import type { ChatText, ReplyUsage } from './stream-reply.ts';

/** A message on the page. */
export interface ChatMessage extends ChatText {
  /** Known once the reply is complete. */
  readonly usage?: ReplyUsage;
  readonly state: 'writing' | 'done' | 'failed';
}

/** The chat of one user. */
export interface Chat {
  readonly messages: readonly ChatMessage[];
  readonly isBusy: boolean;
  send(content: string): void;
}

/** Keeps each user's chat while the page is open. */
export function useChat(user: DemoUser): Chat {
  const [chats, setChats] = useState<Readonly<Record<string, readonly ChatMessage[]>>>({});
  const messages = chats[user.id] ?? [];
  const isBusy = messages.at(-1)?.state === 'writing';

  const send = (content: string): void => {
    const question: ChatMessage = { role: 'user', content, state: 'done' };
    const sent = [...messages, question];
    const show = (reply: ChatMessage): void => setChats((all) => ({ ...all, [user.id]: [...sent, reply] }));
    let text = '';
    const reply = (state: ChatMessage['state'], usage?: ReplyUsage): void =>
      show({ role: 'assistant', content: text, state, ...(usage && { usage }) });
    reply('writing');
    streamReply(
      user,
      sent.map(({ role, content: said }) => ({ role, content: said })),
      (piece) => {
        text += piece;
        reply('writing');
      },
    ).then(
      (usage) => reply('done', usage),
      () => reply('failed'),
    );
  };
  return { messages, isBusy, send };
}
