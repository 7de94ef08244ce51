import { meterResponse } from '@kilotoken/react-widget/sse';
import type { DemoUser } from './demo-users.ts';

/** One message of the chat, as the model gets it. */
export interface ChatText {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** What a reply cost, as the usage frame before its end says. */
export interface ReplyUsage {
  readonly input?: number;
  readonly output?: number;
}

interface ReplyChunk {
  readonly choices: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly kilotoken?: { readonly add: { readonly counts?: ReplyUsage } };
}

/**
 * Sends the chat and reads the reply as it comes. The widget's store reads its usage frame on the way through.
 *
 * @throws Error where the reply was refused or broke off.
 */
export async function streamReply(
  user: DemoUser,
  messages: readonly ChatText[],
  onText: (text: string) => void,
): Promise<ReplyUsage> {
  const response = meterResponse(
    await fetch('/api/chat', {
      method: 'POST',
      headers: { ...user.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ messages }),
    }),
    user.usage,
  );
  if (!response.ok || response.body === null) throw new Error(`the chat answered ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let usage: ReplyUsage = {};
  let unread = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error('the reply broke off');
    const events = (unread + value).split('\n\n');
    unread = events.pop() ?? '';
    for (const event of events) {
      const data = event.replace(/^data: /, '');
      if (data === '[DONE]') return usage;
      const { choices, kilotoken } = JSON.parse(data) as ReplyChunk;
      usage = kilotoken?.add.counts ?? usage;
      onText(choices[0]?.delta?.content ?? '');
    }
  }
}
