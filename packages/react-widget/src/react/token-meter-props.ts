import type { HTMLAttributes, ReactNode } from 'react';
import type { UsageFormatOptions } from '../format/usage-format.ts';
import type { UsageThresholds } from '../format/usage-level.ts';
import type { UsageStore, UsageStoreOptions } from '../store/create-usage-store.ts';
import type { UsageState } from '../store/usage-state.ts';
import type { MeterSlot } from './meter-slot.ts';

/** The sections that the panel can show. */
export type PanelSection = 'breakdown' | 'last' | 'days' | 'models';

/**
 * Props of `TokenMeter`. Usage comes from `src` (or `fetcher`), from `store` or from the nearest provider. With `usage` or `status`
 * the component is controlled, and usage comes from the app itself. Global attributes, `aria-*`, `data-*` and event handlers are
 * passed on to the root element.
 */
export interface TokenMeterProps
  extends
    Omit<HTMLAttributes<HTMLDivElement>, 'onError' | 'children'>,
    UsageFormatOptions,
    Omit<UsageStoreOptions, 'sync'> {
  /** The app's own store. Takes precedence over `src`. */
  readonly store?: UsageStore | undefined;
  /** Shares snapshots with the user's other tabs; requires `userKey`. Default true. */
  readonly sync?: boolean | undefined;
  /**
   * Controlled: a snapshot that the app has fetched. The component then requests nothing. The minimum is
   * `{ v: 1, rev: 0, total, counts: {} }`; anything that lacks one of these four fields is shown as an error.
   */
  readonly usage?: unknown;
  /** Controlled: the state of the app's own request. Default: `ready` with `usage`, else `loading`. */
  readonly status?: UsageState['status'] | undefined;
  /** Controlled: `usage` may be out of date. Default false. */
  readonly stale?: boolean | undefined;
  /** Controlled: called by the Retry button. Without it, Retry does nothing. */
  readonly onRetry?: (() => unknown) | undefined;
  /** Default `card`; `line` is a single row, for menus. */
  readonly variant?: 'card' | 'line' | undefined;
  /** The main figure. Default `both`: tokens, and cost if it is known. */
  readonly show?: 'tokens' | 'cost' | 'both' | 'percent' | 'remaining' | undefined;
  /** Sections of the panel, in order; false: no panel. Default: every section that has data. */
  readonly details?: false | readonly PanelSection[] | undefined;
  /** Shares of the quota at which usage counts as near and as critical. Default `[0.75, 0.9]`. */
  readonly thresholds?: UsageThresholds | undefined;
  /** What is announced to screen readers. Default `threshold`: each threshold once, errors and recovery. */
  readonly announce?: 'threshold' | 'every' | 'none' | undefined;
  /** The current time in milliseconds since 1970, for "updated … ago". Default: when the panel was opened. */
  readonly now?: number | undefined;
  /** Returns the display name of a model. Default: its id. */
  readonly modelName?: ((model: string) => string) | undefined;
  /** Shown instead of the reset date once the limit is reached, for example a link to upgrade. */
  readonly limitAction?: ReactNode;
  /** Shown instead of the widget if nobody is signed in. Default: nothing. */
  readonly fallback?: ReactNode;
  /** Class names by slot, in addition to the `data-kt` attribute of each slot. */
  readonly classNames?: { readonly [Slot in MeterSlot]?: string | undefined } | undefined;
  /** Called when the panel opens or closes. */
  readonly onOpenChange?: ((isOpen: boolean) => void) | undefined;
}
