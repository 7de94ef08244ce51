import type { UsageCounts, UsageQuota, UsageShare } from './usage-snapshot.ts';

/**
 * One answer's usage, as the server pushes it before the end of the stream.
 *
 * With `rev` it is ordered exactly; without, it is shown until a later snapshot can be trusted to contain it.
 */
export interface UsageFrame {
  /** Names the answer: a frame with a known id replaces the earlier one instead of adding to it. */
  readonly id: string;
  /** The user's `rev` once this answer is counted. */
  readonly rev?: number;
  /** What the answer adds to the total. */
  readonly add: UsageAddition;
  /** The user's total at `rev`, this answer included: spares the request for it. */
  readonly total?: number;
  /** The quota at `rev`. */
  readonly quota?: UsageQuota;
}

/** What one answer used. */
export interface UsageAddition extends UsageShare {
  readonly counts?: UsageCounts;
}
