import type { ObjectId } from 'mongodb';

/** A user. The totals are kept by the usage store; users from before there was metering lack them. */
export interface UserDoc {
  readonly _id: ObjectId;
  readonly email: string;
  readonly passwordHash: string;
  readonly createdAt: Date;
  readonly totalTokensUsed?: number;
  readonly totalPromptTokens?: number;
  readonly totalCompletionTokens?: number;
}

/** A conversation of one user. */
export interface ConversationDoc {
  readonly _id: ObjectId;
  readonly userId: ObjectId;
  readonly title: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What became of a message. */
export type MessageStatus = 'complete' | 'streaming' | 'stopped' | 'failed';

/** A message. The tokens are set by the usage store, on replies only. */
export interface MessageDoc {
  readonly _id: ObjectId;
  readonly conversationId: ObjectId;
  readonly userId: ObjectId;
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly status: MessageStatus;
  readonly createdAt: Date;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly totalTokens?: number;
}
