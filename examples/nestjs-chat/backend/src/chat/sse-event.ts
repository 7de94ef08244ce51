import type { UsageChunk } from '@kilotoken/core';
import type { ConversationView, MessageView } from './views.ts';

/** How a reply ended, for the front end. */
export interface Done {
  readonly message: MessageView;
  readonly conversation: ConversationView;
  readonly totals: {
    readonly totalTokensUsed: number;
    readonly totalPromptTokens: number;
    readonly totalCompletionTokens: number;
  };
  /** Whether the totals contain this reply already. */
  readonly stored: boolean;
}

/** One server-sent event. None has a name: `openai` 4 gives named ones another shape. */
export function sseEvent(body: object | '[DONE]'): string {
  return `data: ${body === '[DONE]' ? body : JSON.stringify(body)}\n\n`;
}

/** `done` rides on a chunk without choices, which clients of OpenAI read as one more report of the usage. */
export function doneChunk({ kilotoken: _own, ...chunk }: UsageChunk, done: Done): object {
  return { ...chunk, done };
}

/** OpenAI's shape of an error inside a stream: its clients throw it. */
export function errorChunk(message: string): object {
  return { error: { code: 'provider_failed', type: 'server_error', param: null, message } };
}
