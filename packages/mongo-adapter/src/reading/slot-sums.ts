import type { TokenSums } from '@kilotoken/core/store-kit';

/** Field of a row that a series is split by. */
export type GroupField = 'm' | 'u' | 'tn';

/** Sums of one slot of 15 minutes and one group. */
export interface SlotSums {
  readonly at: Date;
  /** Encoded value of the group; absent where the records have none, or nothing is grouped. */
  readonly group: string | undefined;
  /** Calls to count without a name; negative where calls counted elsewhere come by name. */
  readonly calls: number;
  /** The one call these sums are of, where it has records elsewhere. */
  readonly call?: string;
  readonly tokens: TokenSums;
  readonly picoUsd: bigint;
}
