import { onUsageFrame } from '@kilotoken/react-widget/sse';
import type { UsageStore } from '@kilotoken/react-widget';
import { apiError } from './api-error.ts';
import type { ProblemCode } from './api-error.ts';
import type { Message } from './conversations-api.ts';
import { readEvents } from './read-events.ts';
import { request } from './request.ts';

/** What a reply tells while it comes in. */
export interface ReplyListener {
  /** The server has taken the message, and named it and the reply. */
  readonly onAccepted: (userMessageId: string, messageId: string) => void;
  readonly onText: (text: string) => void;
  /** The reply as it is stored, with its tokens. Nothing comes after it. */
  readonly onDone: (message: Message) => void;
  /** What arrived is kept, the rest will not come. `onDone` follows. */
  readonly onProblem: (code: ProblemCode) => void;
}

interface ReplyEvent {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly error?: { readonly code: ProblemCode };
  readonly done?: { readonly message: Message };
}

/**
 * Sends a message and listens to the reply.
 *
 * @param usage - Gets the usage frame, so that the sidebar's total moves before anything is asked of the server.
 * @throws ApiError where the message was refused, or the connection broke before the end.
 */
export async function streamReply(
  conversationId: string,
  content: string,
  usage: Pick<UsageStore, 'apply'>,
  listener: ReplyListener,
  signal: AbortSignal,
): Promise<void> {
  const path = `/conversations/${encodeURIComponent(conversationId)}/messages`;
  const { headers, body } = await request(path, { method: 'POST', body: { content }, signal });
  listener.onAccepted(headers.get('x-user-message-id') ?? '', headers.get('x-message-id') ?? '');
  if (body === null) throw apiError('no_answer');
  for await (const data of readEvents(body)) {
    if (data === '[DONE]') return;
    const event = JSON.parse(data) as ReplyEvent;
    if (onUsageFrame(event, usage)) continue;
    const text = event.choices?.[0]?.delta?.content ?? '';
    if (text !== '') listener.onText(text);
    if (event.error) listener.onProblem(event.error.code);
    if (event.done) listener.onDone(event.done.message);
  }
  throw apiError('no_answer');
}
