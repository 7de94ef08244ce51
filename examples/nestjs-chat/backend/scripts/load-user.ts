import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiReply, type ApiUser, registerUser } from './api-user.ts';

/** One message of one user, and what came back. */
export interface LoadReply extends Partial<ApiReply> {
  /** The text of the message, which the provider sees as well; no two are the same. */
  readonly question: string;
}

/** Somebody with an account and a conversation. */
export interface LoadUser {
  /** Chats until the signal, message after message, and waits while the backend is down. */
  chat(ends: AbortSignal, isUp: () => boolean): Promise<readonly LoadReply[]>;
}

/** Makes an account and a conversation. */
export async function newLoadUser(url: string, index: number): Promise<LoadUser> {
  const user = await registerUser(url, `user${index}@example.com`);
  const conversationId = await user.newConversation();
  return { chat: (ends, isUp) => chat(user, conversationId, index, ends, isUp) };
}

async function chat(
  user: ApiUser,
  conversationId: string,
  index: number,
  ends: AbortSignal,
  isUp: () => boolean,
): Promise<readonly LoadReply[]> {
  const replies: LoadReply[] = [];
  /* oxlint-disable no-await-in-loop -- one message after the other, as in a chat */
  while (!ends.aborted) {
    const question = `user ${index} message ${replies.length}`;
    try {
      replies.push({ question, ...(await user.say(conversationId, question)) });
    } catch {
      // The backend is down: this message got no answer, not even the beginning of one.
      replies.push({ question });
      do await sleep(50);
      while (!isUp());
    }
  }
  /* oxlint-enable no-await-in-loop */
  return replies;
}
