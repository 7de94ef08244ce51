import type { ObjectId } from 'mongodb';
import type { ConversationDoc, MessageDoc, MessageStatus } from '../platform/documents.ts';

/** A conversation, as browsers see it. */
export interface ConversationView {
  readonly id: string;
  readonly title: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A message, as browsers see it. */
export interface MessageView {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly status: MessageStatus;
  readonly createdAt: string;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly totalTokens?: number;
}

/** No reply takes longer than this, in milliseconds. */
export const maxReplyMs = 5 * 60_000;

/** An id as text. */
export function idOf({ _id }: { readonly _id: ObjectId }): string {
  return _id.toHexString();
}

export function conversationView({ _id, title, createdAt, updatedAt }: ConversationDoc): ConversationView {
  return {
    id: _id.toHexString(),
    title,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export function messageView(message: MessageDoc): MessageView {
  const { _id, role, content, status, createdAt, promptTokens, completionTokens, totalTokens } = message;
  // The process that streamed this one has died, and nobody will ever say how it ended.
  const isOrphan = status === 'streaming' && Date.now() - createdAt.getTime() > 2 * maxReplyMs;
  return {
    id: _id.toHexString(),
    role,
    content,
    status: isOrphan ? 'failed' : status,
    createdAt: createdAt.toISOString(),
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(completionTokens === undefined ? {} : { completionTokens }),
    ...(totalTokens === undefined ? {} : { totalTokens }),
  };
}
