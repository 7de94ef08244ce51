import type { UsageStore } from '../../storage/usage-store.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import type { CostAmount } from '../cost-amount.ts';
import { shownCount, usageCounts } from '../usage-counts.ts';
import type { UsageCounts } from '../usage-counts.ts';
import type { UsageSubject } from '../usage-subject.ts';

/**
 * The newest reply of a user: all calls of its message.
 *
 * @example
 * ```ts
 * const last: LastReply = { id: 'm1', at: '2026-11-22T10:00:00.000Z', total: 307, counts: { input: 211, output: 96 } };
 * ```
 */
export interface LastReply {
  /** `messageId` of its calls. */
  readonly id: string;
  /** ISO 8601 instant at which its newest call was made. */
  readonly at: string;
  /** Tokens of all its calls. */
  readonly total: number;
  /** The total in parts. */
  readonly counts: UsageCounts;
  /** Only with `expose: ['cost']`, and if something is priced. */
  readonly cost?: CostAmount;
}

/**
 * So far back a call is looked for behind corrections, which are no replies. Each request pays for the search, so that
 * behind more of them there is none until the next call.
 */
const lookedAt = 20;

/** Where the newest call belongs to no message, there is no reply to show. */
export async function readLastReply(
  store: UsageStore,
  subject: UsageSubject,
  priceOf: (picoUsd: bigint, isComplete: boolean) => CostAmount | undefined,
): Promise<LastReply | undefined> {
  const newest = store.records({ ...subject, order: 'newest', limit: lookedAt });
  for await (const { kind, attribution, startedAt } of newest) {
    if (kind === 'adjustment') continue;
    const { messageId } = attribution;
    if (messageId === undefined) return undefined;
    const totals = await store.totals({ ...subject, messageId });
    return withoutUndefined<LastReply>({
      id: messageId,
      at: startedAt.toISOString(),
      total: shownCount(totals.tokens.totalTokens),
      counts: usageCounts(totals.tokens),
      cost: priceOf(totals.picoUsd, totals.unpricedCalls === 0),
    });
  }
  return undefined;
}
