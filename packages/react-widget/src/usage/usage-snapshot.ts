/**
 * What the server says a user has used: the answer of core's `usageHandler`, or a field of the app's profile.
 *
 * Parts are inside their totals: `cached` and `cacheWrite` are inside `input`, `reasoning` is inside `output`. A count
 * that is absent is unknown, which is not 0.
 */
export interface UsageSnapshot {
  readonly v: 1;
  /** Ever-growing number of the user's stored records; orders snapshots and frames. Integer, 0 or more. */
  readonly rev: number;
  /** When the server read it, ISO 8601. */
  readonly asOf?: string;
  /** Absent: everything since the user exists. */
  readonly period?: UsagePeriod;
  /** All tokens of the period, cached ones included. */
  readonly total: number;
  readonly counts: UsageCounts;
  /** Tokens of the total that are estimates; absent: none. */
  readonly estimated?: number;
  /** Only where the server exposes cost. */
  readonly cost?: UsageCost;
  /** Only where the user has a limit. */
  readonly quota?: UsageQuota;
  /** The most recent answer. */
  readonly last?: UsageShare;
  /** Only where the server exposes models; the greatest first. */
  readonly models?: readonly (UsageShare & { readonly model: string })[];
  /** One entry per day, oldest first; days without usage may be absent. */
  readonly days?: readonly UsageDay[];
}

/** The span a snapshot is about. */
export interface UsagePeriod {
  /** What the server calls it, for the heading; `custom` is a span of the app's own. */
  readonly kind?: 'day' | 'month' | 'custom';
  /** First instant of the period, ISO 8601. */
  readonly start?: string;
  /** The instant the counters start anew, ISO 8601. */
  readonly resetsAt?: string;
  /** IANA zone whose calendar cut the period. */
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
  /** False where some calls have no known price: the amount is then a lower bound. */
  readonly complete: boolean;
}

/** A limit, in tokens or in money. */
export interface UsageQuota {
  readonly unit: 'tokens' | 'cost';
  /** Tokens, or units of `currency`; 0 or more, may exceed `limit`. */
  readonly used: number;
  /** 0 or more. */
  readonly limit: number;
  /** Part of the limit that is set aside for calls still open. */
  readonly reserved?: number;
  /** ISO 4217 code, where the unit is `cost`. */
  readonly currency?: string;
}

/** Tokens and, where exposed, cost of a part. */
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
