import type { TokenUsage } from '../normalize/token-usage.ts';
import type { UsageOrigin, UsageRecord } from '../recording/usage-record.ts';

/**
 * Selects records. All given fields must match; an empty query means all records.
 *
 * @example
 * ```ts
 * const november: UsageQuery = { userId: 'u1', from: new Date('2026-11-01'), to: new Date('2026-12-01') };
 * ```
 */
export interface UsageQuery {
  /** Records of this user; `null` means records without a user; absent means all. */
  readonly userId?: string | null;
  /** Records of this tenant. */
  readonly tenantId?: string;
  /** Records of this conversation. */
  readonly conversationId?: string;
  /** Records of this message. */
  readonly messageId?: string;
  /** The model that answered, or the requested model if the answer named none. */
  readonly model?: string;
  /** Records that have all of these tags, with these values. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Inclusive lower bound on `startedAt`. */
  readonly from?: Date;
  /** Exclusive upper bound on `startedAt`. */
  readonly to?: Date;
}

/**
 * Sums of token counts. The three totals are always present (0 without records); a part is present only if at least one record has it.
 */
export type TokenTotals = TokenUsage & {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
};

/** The share of the totals with one {@link UsageOrigin}. */
export interface OriginTotals {
  /** Distinct calls with at least one record of this origin. */
  readonly calls: number;
  /** Token sums of those records. */
  readonly tokens: TokenTotals;
  /** Cost of those records in pico-USD. */
  readonly picoUsd: bigint;
}

/**
 * Sums over the records of a {@link UsageQuery}. `JSON.stringify` writes `picoUsd` as a decimal string.
 *
 * @example
 * ```ts
 * const totals = await store.totals({ userId: 'u1' });
 * console.log(totals.calls, totals.tokens.totalTokens, Number(totals.picoUsd) / 1e12);
 * ```
 */
export interface UsageTotals {
  /** Distinct `callId`s. */
  readonly calls: number;
  /** Token sums, including estimates. */
  readonly tokens: TokenTotals;
  /** Cost sum in pico-USD over the priced records. */
  readonly picoUsd: bigint;
  /** The same sums split by origin; origins without records are absent. */
  readonly byOrigin: Readonly<Partial<Record<UsageOrigin, OriginTotals>>>;
  /**
   * Distinct calls that were recorded with tokens but without a price. If this is above 0, `picoUsd` may be a lower bound. A
   * correction that adds the price increases `picoUsd` and does not lower this number.
   */
  readonly unpricedCalls: number;
  /** Ever-growing count of stored records of `query.userId`, or of the whole store without one; other fields of the query do not matter. */
  readonly rev: number;
  /** Plain JSON value; pico-USD are decimal strings. */
  toJSON(): unknown;
}

/** One bucket of a series. */
export interface UsagePoint {
  /** Start of the bucket, in the time zone of the query. */
  readonly at: Date;
  /** Distinct calls in the bucket. */
  readonly calls: number;
  /** Token sums of the bucket. */
  readonly tokens: TokenTotals;
  /** Cost sum in pico-USD. */
  readonly picoUsd: bigint;
  /** Set with `by: 'model'`. */
  readonly model?: string;
  /** Set with `by: 'user'`; absent for records without a user. */
  readonly userId?: string;
  /** Set with `by: 'tenant'`; absent for records without a tenant. */
  readonly tenantId?: string;
  /** Plain JSON value; pico-USD are decimal strings. */
  toJSON(): unknown;
}

/** A query for sums over time. */
export type SeriesQuery = UsageQuery & {
  /** Length of a bucket. */
  readonly bucket: 'hour' | 'day' | 'month';
  /** IANA name that decides where days and months begin. Default `UTC`. */
  readonly timeZone?: string;
  /** Splits each bucket further. */
  readonly by?: 'model' | 'user' | 'tenant';
};

/** A query for the records themselves. */
export type RecordsQuery = UsageQuery & {
  /** Cursor of the last record already read; with `order: 'newest'` reading continues backwards from it. */
  readonly after?: string;
  /** Maximum number of records. Default: all. */
  readonly limit?: number;
  /** `arrival` (default): in the order in which the store received them, so a cursor never misses a late record. `newest`: the reverse. */
  readonly order?: 'arrival' | 'newest';
};

/** The result of {@link UsageStore.append}. Every record is counted in exactly one of the three. */
export interface AppendResult {
  /** Records stored now. */
  readonly inserted: number;
  /** Records whose id the store already had; the stored ones stay as they are. */
  readonly duplicates: number;
  /** Records refused for good: retrying them is useless. */
  readonly rejected?: readonly { readonly id: string; readonly error: Error }[];
}

/**
 * Keeps records. Implementations are plain objects; methods do not use `this`.
 *
 * `usageStoreConformance` of `@kilotoken/core/testing` contains this contract as test cases.
 *
 * @example
 * ```ts
 * import { usageStoreConformance } from '@kilotoken/core/testing';
 * it.for(usageStoreConformance)('$name', ({ run }) => run(() => myStore()));
 * ```
 */
export interface UsageStore {
  /** `durable`: records survive the process once `append` has resolved. `shared`: several processes may use it at once. */
  readonly capabilities: { readonly durable: boolean; readonly shared: boolean };
  /**
   * Stores records. Resolves when they are durable and counted. Idempotent by `id`, also within one batch and after an unknown
   * outcome. Rejects if the outcome is not definite; the caller may then send the same batch again.
   */
  append(records: readonly UsageRecord[]): Promise<AppendResult>;
  /** Sums over the matching records. */
  totals(query: UsageQuery): Promise<UsageTotals>;
  /** Sums per bucket, oldest first. Buckets without records are absent. Unbounded without `from` and `to`. */
  series(query: SeriesQuery): Promise<readonly UsagePoint[]>;
  /** The records themselves, each with the cursor to continue from. Safe while others append. */
  records(query: RecordsQuery): AsyncIterable<UsageRecord & { readonly cursor: string }>;
  /** All-time totals of one user: a fast path for profiles, in stores that have one. */
  userTotals?(userId: string): Promise<UsageTotals>;
  /** Releases what the store has opened. Idempotent; other methods reject afterwards. */
  close(): Promise<void>;
}
