import { Injectable } from '@nestjs/common';
import { Db, type Collection, ObjectId } from 'mongodb';
import type { AuthUser } from '../auth/auth-user.ts';
import { notFound } from '../http/coded-exception.ts';
import type { ConversationDoc, MessageDoc } from '../platform/documents.ts';

const titleLength = 60;

/** Conversations and their messages. Every question names the user, so that nobody gets at another's. */
@Injectable()
export class ConversationsService {
  private readonly conversations: Collection<ConversationDoc>;
  private readonly messages: Collection<MessageDoc>;

  constructor(db: Db) {
    this.conversations = db.collection('conversations');
    this.messages = db.collection('messages');
  }

  list(user: AuthUser): Promise<ConversationDoc[]> {
    return this.conversations
      .find({ userId: new ObjectId(user.id) })
      .sort({ updatedAt: -1, _id: -1 })
      .limit(100)
      .toArray();
  }

  async create(user: AuthUser, title = ''): Promise<ConversationDoc> {
    const now = new Date();
    const conversation = { _id: new ObjectId(), userId: new ObjectId(user.id), title, createdAt: now, updatedAt: now };
    await this.conversations.insertOne(conversation);
    return conversation;
  }

  /** @throws CodedException `not_found`, also where it is somebody else's. */
  async get(user: AuthUser, id: string): Promise<ConversationDoc> {
    return (await this.conversations.findOne(own(user, id))) ?? raise();
  }

  async rename(user: AuthUser, id: string, title: string): Promise<ConversationDoc> {
    const changed = await this.conversations.findOneAndUpdate(
      own(user, id),
      { $set: { title } },
      { returnDocument: 'after' },
    );
    return changed ?? raise();
  }

  /** The messages go with it; what they used stays in the ledger and in the user's totals. */
  async remove(user: AuthUser, id: string): Promise<void> {
    const { deletedCount } = await this.conversations.deleteOne(own(user, id));
    if (deletedCount === 0) raise();
    await this.messages.deleteMany({ conversationId: new ObjectId(id) });
  }

  /** The newest messages of a conversation, oldest first. */
  async history({ _id: conversationId }: ConversationDoc, limit: number): Promise<MessageDoc[]> {
    const newest = await this.messages.find({ conversationId }).sort({ createdAt: -1, _id: -1 }).limit(limit).toArray();
    return newest.toReversed();
  }

  async add(
    conversation: ConversationDoc,
    message: Pick<MessageDoc, 'role' | 'content' | 'status'>,
  ): Promise<MessageDoc> {
    const { _id: conversationId, userId } = conversation;
    const added = { _id: new ObjectId(), conversationId, userId, ...message, createdAt: new Date() };
    await this.messages.insertOne(added);
    return added;
  }

  /** What a reply came to. Leaves alone what the usage store has written or will write. */
  async finish({ _id }: MessageDoc, end: Pick<MessageDoc, 'content' | 'status'>): Promise<void> {
    await this.messages.updateOne({ _id }, { $set: end });
  }

  /** Moves a conversation to the top; the first message gives it its title. */
  async touch(conversation: ConversationDoc, content: string): Promise<ConversationDoc> {
    const { _id } = conversation;
    const title = conversation.title === '' ? shorten(content) : conversation.title;
    const change = { title, updatedAt: new Date() };
    await this.conversations.updateOne({ _id }, { $set: change });
    return { ...conversation, ...change };
  }
}

function own(user: AuthUser, id: string): { _id: ObjectId; userId: ObjectId } {
  if (!/^[\da-f]{24}$/i.test(id)) raise();
  return { _id: new ObjectId(id), userId: new ObjectId(user.id) };
}

function raise(): never {
  throw notFound('conversation');
}

function shorten(content: string): string {
  const line = content.trim().replaceAll(/\s+/g, ' ');
  // By code points, lest an emoji is cut in half.
  const points = Array.from(line);
  return points.length <= titleLength ? line : `${points.slice(0, titleLength - 1).join('')}…`;
}
