import type { UsageStore } from '../store/create-usage-store.ts';

/** What is needed of a part of an AI SDK UI message. */
export interface UiMessagePart {
  readonly type: string;
  readonly data?: unknown;
}

/**
 * Reads the usage part that core's `usageData` puts into an AI SDK UI message stream. For `onData` of `useChat`.
 *
 * @example
 * ```ts
 * const { messages, sendMessage } = useChat({ onData: onUsageData(store) });
 * ```
 */
export function onUsageData(store: Pick<UsageStore, 'apply'>): (part: UiMessagePart) => void {
  return (part) => {
    if (part.type === 'data-usage') store.apply(part.data);
  };
}
