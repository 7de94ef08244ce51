import type { UsageCost, UsagePeriod, UsageQuota } from '../usage/usage-snapshot.ts';
import type { MessagesInput, UsageMessages } from './usage-messages.ts';

/** Options of `createUsageFormat`. */
export interface UsageFormatOptions {
  /** BCP 47 language tag. Default: that of `messages`, else `en`. */
  readonly locale?: string | undefined;
  /** Texts in other languages, or replacements for single texts. Default: English. */
  readonly messages?: MessagesInput | undefined;
  /** IANA name of the time zone in which dates are shown. Default: that of the machine. */
  readonly timeZone?: string | undefined;
  /** How to write the currency. Default `narrowSymbol`: `$`, not `US$`. */
  readonly currencyDisplay?: 'narrowSymbol' | 'symbol' | 'code' | 'name' | undefined;
}

/** Numbers, money, dates and sentences of one language. */
export interface UsageFormat {
  /** The locale numbers and dates are written in. */
  readonly locale: string;
  readonly messages: UsageMessages;
  /** `1.2M`. */
  compact(count: number): string;
  /** `1,234,567`. */
  number(count: number): string;
  /** `1.2M tokens`, with the plural form that fits the number as written. */
  tokens(count: number): string;
  /** `$12.44`; small amounts keep two significant digits; a lower bound is marked `≥`. Empty if there is nothing to say. */
  cost(cost: UsageCost): string;
  /** `61%`; rounded down, but a share above 0 is at least `0.1%`. */
  percent(ratio: number): string;
  /** What is left of a quota, in its unit. */
  left(quota: UsageQuota): string;
  /** `Dec 1`, or `December 1`. */
  date(instant: string, month?: 'short' | 'long'): string;
  /** The name of a period; for a span of the app's own, its dates. */
  period(period: UsagePeriod | undefined): string;
  /** A calendar day, `YYYY-MM-DD`, as a date. */
  day(day: string): string;
  /** `Updated 5 minutes ago`. */
  updated(agoMs: number): string;
}
