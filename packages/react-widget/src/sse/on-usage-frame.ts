import type { UsageStore } from '../store/create-usage-store.ts';

/**
 * Passes an event of the app's own stream parser to the store, if it carries usage.
 *
 * @param event - The data of one event: a parsed object, or its JSON text. Any value may be passed.
 * @returns True if the event was a usage frame.
 *
 * @example
 * ```ts
 * for await (const chunk of stream) {
 *   if (!onUsageFrame(chunk, store)) show(chunk);
 * }
 * ```
 */
export function onUsageFrame(event: unknown, store: Pick<UsageStore, 'apply'>): boolean {
  const value = typeof event === 'string' ? parse(event) : event;
  const ours = (value as { readonly kilotoken?: unknown } | null | undefined)?.kilotoken;
  const isFrame = typeof ours === 'object' && ours !== null;
  if (isFrame) store.apply(value);
  return isFrame;
}

function parse(text: string): unknown {
  // Most events are text of the answer: those cost one search, and are never parsed.
  if (!text.includes('"kilotoken"')) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
