import type { UsageCost, UsagePeriod, UsageQuota } from '../usage/usage-snapshot.ts';
import type { MessagesInput, UsageMessages } from './usage-messages.ts';

/** What `createUsageFormat` needs to know. */
export interface UsageFormatOptions {
  /** BCP 47 tag. Default: that of the messages, else `en`. */
  readonly locale?: string | undefined;
  /** Words other than the built-in English ones. */
  readonly messages?: MessagesInput | undefined;
  /** IANA zone in which dates are shown. Default: that of the machine. */
  readonly timeZone?: string | undefined;
  /** How a currency is written. Default `narrowSymbol`: `$`, not `US$`. */
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
  /** `1.2M tokens`, with the plural form of what is written. */
  tokens(count: number): string;
  /** `$12.44`; small amounts keep two digits that say something; a lower bound is marked `≥`. Empty for what is no cost. */
  cost(cost: UsageCost): string;
  /** `61%`; never rounded up to a limit that is not reached, nor down to nothing. */
  percent(ratio: number): string;
  /** What is left of a quota, in its unit. */
  left(quota: UsageQuota): string;
  /** `Dec 1`, or `December 1`. */
  date(instant: string, month?: 'short' | 'long'): string;
  /** What a period is called; one of the app's own by its dates. */
  period(period: UsagePeriod | undefined): string;
  /** A calendar day, `YYYY-MM-DD`, as a date. */
  day(day: string): string;
  /** `Updated 5 minutes ago`. */
  updated(agoMs: number): string;
}
