import type { TokenUsage } from '../normalize/token-usage.ts';
import type { UsageOrigin, UsageRecord } from '../recording/usage-record.ts';

/**
 * Which records a question is about. All given parts must match; an empty query means all records.
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
  /** Response model, or the request model where the answer named none. */
  readonly model?: string;
  /** All given tags must be equal. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Inclusive lower bound on `startedAt`. */
  readonly from?: Date;
  /** Exclusive upper bound on `startedAt`. */
  readonly to?: Date;
}

/**
 * Sums of token counts. The three totals are always there (0 without records); a part is there only where at least
 * one record carried it.
 */
export type TokenTotals = TokenUsage & {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
};

/** Share of the totals that has one {@link UsageOrigin}. */
export interface OriginTotals {
  /** Distinct calls with at least one record of this origin. */
  readonly calls: number;
  /** Token sums of these records. */
  readonly tokens: TokenTotals;
  /** Cost of these records in pico-USD. */
  readonly picoUsd: bigint;
}

/**
 * Sums over the records of a {@link UsageQuery}. `JSON.stringify` gives `picoUsd` as a decimal string.
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
  /** Token sums, estimated ones included. */
  readonly tokens: TokenTotals;
  /** Cost sum in pico-USD over the priced records. */
  readonly picoUsd: bigint;
  /** The same sums split by origin; origins without records are absent. */
  readonly byOrigin: Readonly<Partial<Record<UsageOrigin, OriginTotals>>>;
  /**
   * Distinct calls that came with tokens and without a price: while this is above 0, `picoUsd` may be a lower bound. A
   * correction that gives one of them a price adds to `picoUsd` and leaves it here.
   */
  readonly unpricedCalls: number;
  /** Ever-growing count of stored records of `query.userId` (of the whole store without one), whatever else the query says. */
  readonly rev: number;
  /** Plain JSON value with decimal strings for pico-USD. */
  toJSON(): unknown;
}

/** One bucket of a series. */
export interface UsagePoint {
  /** Start of the bucket in the asked time zone. */
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
  /** Plain JSON value with decimal strings for pico-USD. */
  toJSON(): unknown;
}

/** A question for sums over time. */
export type SeriesQuery = UsageQuery & {
  /** Length of a bucket. */
  readonly bucket: 'hour' | 'day' | 'month';
  /** IANA name that decides where days and months begin. Default `UTC`. */
  readonly timeZone?: string;
  /** Splits each bucket further. */
  readonly by?: 'model' | 'user' | 'tenant';
};

/** A question for the records themselves. */
export type RecordsQuery = UsageQuery & {
  /** Cursor of the last record already read; with `order: 'newest'` the reading goes on backwards from it. */
  readonly after?: string;
  /** At most this many records. Default: all. */
  readonly limit?: number;
  /** `arrival` (default): in the order the store received them, so a late record is never behind a cursor. `newest`: newest arrival first. */
  readonly order?: 'arrival' | 'newest';
};

/** What became of the records handed to {@link UsageStore.append}. Every record is in exactly one of the three. */
export interface AppendResult {
  /** Stored now. */
  readonly inserted: number;
  /** Already there by id; left as they are. */
  readonly duplicates: number;
  /** Refused for good: retrying them is useless. */
  readonly rejected?: readonly { readonly id: string; readonly error: Error }[];
}

/**
 * Where records live. Implementations are plain objects; methods do not use `this`.
 *
 * The contract is executable: `usageStoreConformance` of `@kilotoken/core/testing` holds the cases.
 *
 * @example
 * ```ts
 * import { usageStoreConformance } from '@kilotoken/core/testing';
 * it.for(usageStoreConformance)('$name', ({ run }) => run(() => myStore()));
 * ```
 */
export interface UsageStore {
  /** `durable`: survives the process once `append` resolved. `shared`: several processes may use it at once. */
  readonly capabilities: { readonly durable: boolean; readonly shared: boolean };
  /**
   * Stores records. Resolves when they are durable and counted; idempotent by `id`, also inside one batch and after an
   * unknown outcome. Rejects when nothing definite is known, so the caller may send the same batch again.
   */
  append(records: readonly UsageRecord[]): Promise<AppendResult>;
  /** Sums over the matching records. */
  totals(query: UsageQuery): Promise<UsageTotals>;
  /** Sums per bucket, oldest first; buckets without records are absent; unbounded without `from` and `to`. */
  series(query: SeriesQuery): Promise<readonly UsagePoint[]>;
  /** The records themselves, each with the cursor to go on from. Safe while others append. */
  records(query: RecordsQuery): AsyncIterable<UsageRecord & { readonly cursor: string }>;
  /** The fast path of profiles, where a store has one: all-time totals of one user. */
  userTotals?(userId: string): Promise<UsageTotals>;
  /** Releases what the store opened. Idempotent; other methods reject afterwards. */
  close(): Promise<void>;
}
