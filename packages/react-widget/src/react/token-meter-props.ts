import type { HTMLAttributes, ReactNode } from 'react';
import type { UsageFormatOptions } from '../format/usage-format.ts';
import type { UsageThresholds } from '../format/usage-level.ts';
import type { UsageStore, UsageStoreOptions } from '../store/create-usage-store.ts';
import type { UsageState } from '../store/usage-state.ts';
import type { MeterSlot } from './meter-slot.ts';

/** What the panel can show. */
export type PanelSection = 'breakdown' | 'last' | 'days' | 'models';

/**
 * Properties of `TokenMeter`. Usage comes from `src` (or `fetcher`), from `store`, from the nearest provider, or, where
 * `usage` or `status` is given, from the app itself. Global attributes, `aria-*`,
 * `data-*` and handlers are passed on to its element.
 */
export interface TokenMeterProps
  extends
    Omit<HTMLAttributes<HTMLDivElement>, 'onError' | 'children'>,
    UsageFormatOptions,
    Omit<UsageStoreOptions, 'sync'> {
  /** The app's own store; wins over `src`. */
  readonly store?: UsageStore | undefined;
  /** Share snapshots with the user's other tabs; needs `userKey`. Default true. */
  readonly sync?: boolean | undefined;
  /**
   * Controlled: a snapshot the app has got by itself. Nothing is requested then. The least that can be shown is
   * `{ v: 1, rev: 0, total, counts: {} }`; without one of the four it is an error, as is what is no snapshot.
   */
  readonly usage?: unknown;
  /** Controlled: what became of the app's own request. Default: `ready` with `usage`, else `loading`. */
  readonly status?: UsageState['status'] | undefined;
  /** Controlled: `usage` may be out of date. Default false. */
  readonly stale?: boolean | undefined;
  /** Controlled: asks again. Without it Retry does nothing. */
  readonly onRetry?: (() => unknown) | undefined;
  /** Default `card`; `line` is one row, for menus. */
  readonly variant?: 'card' | 'line' | undefined;
  /** What stands in front. Default `both`: tokens, and cost where it is known. */
  readonly show?: 'tokens' | 'cost' | 'both' | 'percent' | 'remaining' | undefined;
  /** Sections of the panel in their order; false: no panel. Default all that there is data for. */
  readonly details?: false | readonly PanelSection[] | undefined;
  /** Shares of the quota from which on it counts as near and as critical. Default `[0.75, 0.9]`. */
  readonly thresholds?: UsageThresholds | undefined;
  /** What is told to screen readers by itself. Default `threshold`: each threshold once, errors and recovery. */
  readonly announce?: 'threshold' | 'every' | 'none' | undefined;
  /** Milliseconds since 1970, for "updated … ago". Default: when the panel was opened. */
  readonly now?: number | undefined;
  /** Names a model to people. Default: its id. */
  readonly modelName?: ((model: string) => string) | undefined;
  /** Shown in place of the reset date once the limit is reached, for example a link to upgrade. */
  readonly limitAction?: ReactNode;
  /** Shown instead of the widget where nobody is signed in. Default: nothing. */
  readonly fallback?: ReactNode;
  /** Class names by slot, beside the `data-kt` attribute each slot has. */
  readonly classNames?: { readonly [Slot in MeterSlot]?: string | undefined } | undefined;
  /** Told when the panel opens or closes. */
  readonly onOpenChange?: ((isOpen: boolean) => void) | undefined;
}
