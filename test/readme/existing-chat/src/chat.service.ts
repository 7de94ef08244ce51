import { Injectable } from '@nestjs/common';
import { Db, ObjectId } from 'mongodb';
import OpenAI from 'openai';

@Injectable()
export class ChatService {
  constructor(
    private readonly db: Db,
    private readonly openai: OpenAI,
  ) {}

  async *reply(userId: string, content: string, signal: AbortSignal): AsyncGenerator<string> {
    const messages = this.db.collection('messages');
    const { insertedId } = await messages.insertOne({ userId: new ObjectId(userId), role: 'assistant', content: '' });
    let text = '';
    const stream = await this.openai.chat.completions.create(
      { model: 'gpt-5-mini', messages: [{ role: 'user', content }], stream: true },
      { signal },
    );
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      yield `data: ${JSON.stringify(chunk)}\n\n`;
    }
    await messages.updateOne({ _id: insertedId }, { $set: { content: text } });
    yield 'data: [DONE]\n\n';
  }

  messages(userId: string): Promise<object[]> {
    return this.db
      .collection('messages')
      .find({ userId: new ObjectId(userId) })
      .sort({ _id: 1 })
      .toArray();
  }
}
