/**
 * A user's usage as the server reports it: the answer of `usageHandler` of `@kilotoken/core`, or a field of the app's profile response.
 *
 * Parts are included in their totals: `cached` and `cacheWrite` in `input`, `reasoning` in `output`. An absent count is unknown, which is
 * not 0.
 */
export interface UsageSnapshot {
  readonly v: 1;
  /** Ever-growing number of the user's stored records; orders snapshots and frames. Integer, 0 or more. */
  readonly rev: number;
  /** When the server read it, ISO 8601. */
  readonly asOf?: string;
  /** Absent: all time. */
  readonly period?: UsagePeriod;
  /** All tokens of the period, including cached ones. */
  readonly total: number;
  readonly counts: UsageCounts;
  /** Tokens of the total that are estimates; absent: none. */
  readonly estimated?: number;
  /** Only if the server exposes cost. */
  readonly cost?: UsageCost;
  /** Only if the user has a limit. */
  readonly quota?: UsageQuota;
  /** The most recent answer. */
  readonly last?: UsageShare;
  /** Only if the server exposes models; the largest first. */
  readonly models?: readonly (UsageShare & { readonly model: string })[];
  /** One entry per day, oldest first; days without usage may be absent. */
  readonly days?: readonly UsageDay[];
}

/** The period of a snapshot. */
export interface UsagePeriod {
  /** The kind of period, for the heading; `custom` is a period of the app's own. */
  readonly kind?: 'day' | 'month' | 'custom';
  /** First instant of the period, ISO 8601. */
  readonly start?: string;
  /** The instant at which counting restarts, ISO 8601. */
  readonly resetsAt?: string;
  /** IANA name of the time zone of the period. */
  readonly timeZone?: string;
}

/** Token counts by kind, each 0 or more. */
export interface UsageCounts {
  readonly input?: number;
  /** Inside `input`. */
  readonly cached?: number;
  /** Inside `input`. */
  readonly cacheWrite?: number;
  readonly output?: number;
  /** Inside `output`. */
  readonly reasoning?: number;
}

/** Money, as the server computed it. */
export interface UsageCost {
  /** Decimal string in units of `currency`, such as `"12.4381"`; 0 or more. */
  readonly amount: string;
  /** ISO 4217 code, such as `"USD"`. */
  readonly currency: string;
  /** False if some calls have no known price; then the amount is a lower bound. */
  readonly complete: boolean;
}

/** A limit, in tokens or in money. */
export interface UsageQuota {
  readonly unit: 'tokens' | 'cost';
  /** Tokens, or units of `currency`; 0 or more, may exceed `limit`. */
  readonly used: number;
  /** 0 or more. */
  readonly limit: number;
  /** Part of the limit that is reserved for calls in progress. */
  readonly reserved?: number;
  /** ISO 4217 code, if the unit is `cost`. */
  readonly currency?: string;
}

/** Tokens, and cost if it is exposed, of one part. */
export interface UsageShare {
  readonly total: number;
  readonly cost?: UsageCost;
}

/** One day of a series. */
export interface UsageDay {
  /** Calendar day in the period's time zone, `YYYY-MM-DD`. */
  readonly day: string;
  readonly total: number;
}
