import type { Meter, TurnUsage } from '@kilotoken/core';
import type OpenAI from 'openai';
import type { Conversation } from './conversations.ts';

/** One message that was answered. */
export interface AnsweredMessage {
  readonly userId: string;
  readonly question: string;
  readonly answer: string;
  readonly usage: TurnUsage;
}

/** One app: its client, wrapped in one line elsewhere, and its meter. */
export interface ChatApp {
  readonly openai: OpenAI;
  readonly meter: Meter;
  readonly model: string;
}

/**
 * Holds one conversation, message by message, as an app would: it streams and does not ask for usage.
 *
 * @param signal - Stops the conversation; what was streamed by then is metered.
 */
export async function holdConversation(
  { openai, meter, model }: ChatApp,
  conversation: Conversation,
  onAnswer: (message: AnsweredMessage) => void,
  signal: AbortSignal,
): Promise<void> {
  const { userId, conversationId } = conversation;
  const messages: OpenAI.ChatCompletionMessageParam[] = [];
  for (const question of conversation.questions) {
    if (signal.aborted) return;
    messages.push({ role: 'user', content: question });
    const turn = meter.track({ userId, conversationId, messageId: crypto.randomUUID() });
    const stream = await openai.chat.completions.create({ model, messages, stream: true }, turn.with({ signal }));
    let answer = '';
    for await (const chunk of stream) answer += chunk.choices[0]?.delta.content ?? '';
    messages.push({ role: 'assistant', content: answer });
    await turn.stored();
    onAnswer({ userId, question, answer, usage: await turn.usage() });
  }
}
