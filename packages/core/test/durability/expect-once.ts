import { expect } from 'vitest';
import type { Restarted } from './app-folder.ts';

/**
 * Every call whose end an app has said it saw (`<messageId> <totalTokens>`) is in the store once, with its tokens; nothing
 * is there twice, and the totals are the sum of the records.
 */
export function expectOnce(seen: readonly string[], { records, totals }: Restarted): void {
  const stored = new Map(
    records.map((record) => [record.attribution.messageId, `${record.origin} ${record.tokens.totalTokens}`]),
  );
  expect(stored.size).toBe(records.length);
  const wrong = seen.flatMap((line) => {
    const [messageId = '', tokens = ''] = line.split(' ');
    const found = stored.get(messageId) ?? 'missing';
    return found === `reported ${tokens}` ? [] : `${messageId}: ${found}`;
  });
  expect(wrong).toEqual([]);
  expect(totals.calls).toBe(records.length);
  expect(totals.rev).toBe(records.length);
  expect(totals.tokens.totalTokens).toBe(records.reduce((sum, record) => sum + (record.tokens.totalTokens ?? 0), 0));
}
