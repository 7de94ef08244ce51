import type { TurnUsage } from '../../meter.ts';
import type { UsageTotals } from '../../storage/usage-store.ts';
import type { UsageExposure } from '../usage-exposure.ts';
import type { QuotaState } from '../snapshot/usage-quota.ts';

/** The input of a frame: the result of `turn.usage()`, or just its `tokens`. */
export type FrameUsage = Pick<TurnUsage, 'tokens'> & Partial<TurnUsage>;

/** What a frame contains besides the usage of one reply. */
export interface FrameOptions {
  /** Identifies the reply, so that a frame that arrives twice counts once. Default: the `messageId` of the turn, else its first call. */
  readonly id?: string;
  /** `rev` of the user's totals that include this reply: of `store.totals()`, after `turn.stored()`. Default: the `rev` of `total`. */
  readonly rev?: number;
  /** The user's total, including this reply. Saves the browser a request. Default: left out. */
  readonly total?: number | UsageTotals;
  /** The quota after this reply. Left out if its unit is cost and cost is not exposed. Default: left out. */
  readonly quota?: QuotaState;
  /** What a browser may see beyond token counts. Default: nothing. */
  readonly expose?: readonly UsageExposure[];
}
