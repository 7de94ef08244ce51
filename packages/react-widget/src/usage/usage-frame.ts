import type { UsageCounts, UsageQuota, UsageShare } from './usage-snapshot.ts';

/**
 * The usage of one answer, which the server sends before the end of the stream.
 *
 * With `rev` it is ordered exactly. Without, it is shown until a later snapshot can be assumed to include it.
 */
export interface UsageFrame {
  /** Identifies the answer: a frame with a known id replaces the earlier one instead of adding to it. */
  readonly id: string;
  /** The user's `rev` once this answer is counted. */
  readonly rev?: number;
  /** What the answer adds to the total. */
  readonly add: UsageAddition;
  /** The user's total at `rev`, including this answer; saves a request. */
  readonly total?: number;
  /** The quota at `rev`. */
  readonly quota?: UsageQuota;
}

/** What one answer used. */
export interface UsageAddition extends UsageShare {
  readonly counts?: UsageCounts;
  /** Tokens of the total that are estimates; absent: none. */
  readonly estimated?: number;
}
