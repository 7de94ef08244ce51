// Pure functions: for server components, mails, tests
import { readUsageSnapshot } from './usage/read-usage.ts';
import type { UsageSnapshot } from './usage/usage-snapshot.ts';

export { createUsageFormat } from './format/create-usage-format.ts';
export type { UsageFormat, UsageFormatOptions } from './format/usage-format.ts';
export { usageLevel, usageRatio } from './format/usage-level.ts';
export type { UsageLevel, UsageThresholds } from './format/usage-level.ts';
export type { MessagesInput, UsageMessages } from './format/usage-messages.ts';
export type { UsageSnapshot } from './usage/usage-snapshot.ts';

/**
 * Checks a snapshot and leaves only what the widget reads: plain JSON that can cross to the browser.
 *
 * @returns `undefined` where it is no snapshot.
 *
 * @example
 * ```ts
 * const initial = toSnapshot(await (await fetch(`${origin}/api/usage`, { headers })).json());
 * ```
 */
export function toSnapshot(value: unknown): UsageSnapshot | undefined {
  return readUsageSnapshot(value, () => undefined);
}
