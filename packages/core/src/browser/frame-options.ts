import type { UsageTotals } from '../storage/usage-store.ts';
import type { UsageExposure } from './usage-exposure.ts';
import type { QuotaState } from './usage-quota.ts';

/** What a frame tells besides the usage of one reply. */
export interface FrameOptions {
  /** Names the reply, so that a frame that comes twice counts once. Default: the `messageId` of the turn, else its first call. */
  readonly id?: string;
  /** `rev` of the user's totals that contain this reply, from `turn.stored()` and `store.totals()`. Default: that of `total`. */
  readonly rev?: number;
  /** What the user has used in all, this reply included: spares the browser a request. Default: not told. */
  readonly total?: number | UsageTotals;
  /** The quota after this reply. Not told where it is in money and money is not exposed. Default: not told. */
  readonly quota?: QuotaState;
  /** What a browser may see beyond token counts. Default: nothing. */
  readonly expose?: readonly UsageExposure[];
}
