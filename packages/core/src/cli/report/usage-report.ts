import type { OriginTotals } from '../../storage/usage-store.ts';

/** What a report splits the sums by. */
export type ReportSplit = 'day' | 'month' | 'user' | 'tenant' | 'model';

/** Which records a report is about. */
export interface ReportQuery {
  readonly by: ReportSplit;
  /** Inclusive, on the start of the call. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
  /** IANA name; decides where days and months begin. */
  readonly timeZone: string;
}

/** Sums over some records. */
export interface ReportSums extends OriginTotals {
  /** Distinct calls that have tokens and no price: where this is above 0, the cost is a lower bound. */
  readonly unpricedCalls: number;
}

/** Sums of one day, month, user, tenant or model. */
export interface ReportRow extends ReportSums {
  /** The date, the month (`2026-11`), the id, the model; absent where records have none. */
  readonly key?: string;
}

/** The answer to a {@link ReportQuery}. */
export interface UsageReport extends ReportQuery {
  /** Days and months in order; else the biggest first. */
  readonly rows: readonly ReportRow[];
  readonly totals: ReportSums;
  /** The totals by where their counts come from. */
  readonly origins: readonly (OriginTotals & { readonly origin: string })[];
}
