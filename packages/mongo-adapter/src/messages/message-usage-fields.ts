import type { TokenUsage } from '@kilotoken/core';
import type { MessagesOptions } from '../options.ts';
import { setAtPath } from '../documents/set-at-path.ts';
import { messageLayout } from './message-fields.ts';

/**
 * Returns the usage of a turn as fields of a message document, for an app that saves them with the message itself (pass
 * `messages: false` to the store then). Unknown counts are left out.
 *
 * @param usage - The result of `turn.usage()`, or any object with `tokens`.
 * @example
 * ```ts
 * const usage = await turn.usage();
 * await messages.insertOne({ role: 'assistant', text, ...messageUsageFields(usage) });
 * ```
 */
export function messageUsageFields(
  usage: { readonly tokens: TokenUsage; readonly cost?: { readonly picoUsd?: bigint | number } | undefined },
  messages: Pick<MessagesOptions, 'fields'> = {},
): Record<string, unknown> {
  const names = messageLayout(messages.fields);
  const { inputTokens, outputTokens, totalTokens } = usage.tokens;
  const values = { inputTokens, outputTokens, totalTokens, picoUsd: usage.cost?.picoUsd };
  const fields: Record<string, unknown> = {};
  for (const field of ['inputTokens', 'outputTokens', 'totalTokens', 'picoUsd'] as const) {
    const name = names[field];
    const value = values[field];
    if (name !== false && value !== undefined) setAtPath(fields, name, value);
  }
  return fields;
}
