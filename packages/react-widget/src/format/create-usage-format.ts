import type { UsageCost, UsagePeriod, UsageQuota } from '../usage/usage-snapshot.ts';
import { resolveMessages } from './resolve-messages.ts';
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

/**
 * Makes the formatters of one language. Locales that do not exist are taken as English.
 *
 * @example
 * ```ts
 * createUsageFormat({ locale: 'ru', messages: ru }).tokens(1_234_567); // 1,2 млн токенов
 * ```
 */
export function createUsageFormat(options: UsageFormatOptions = {}): UsageFormat {
  const { currencyDisplay = 'narrowSymbol' } = options;
  const { locale, messages } = resolveMessages(options.locale, options.messages);
  const timeZone = knownZone(options.timeZone);

  const numberFormat = (more: Intl.NumberFormatOptions): Intl.NumberFormat =>
    cached(locale + JSON.stringify(more), () => new Intl.NumberFormat(locale, more));
  const dateText = (instant: number, month: 'short' | 'long', zone: string | undefined): string => {
    if (Number.isNaN(instant)) return '';
    const more: Intl.DateTimeFormatOptions = { day: 'numeric', month, ...(zone !== undefined && { timeZone: zone }) };
    const format = cached(locale + JSON.stringify(more), () => new Intl.DateTimeFormat(locale, more));
    const { day1 } = messages;
    return format
      .formatToParts(instant)
      .map(({ type, value }) => (type === 'day' && value === '1' && day1 !== undefined ? day1 : value))
      .join('');
  };
  const compactFormat = numberFormat({ notation: 'compact', maximumFractionDigits: 1 });
  const amount = (value: string, currency: string): string => {
    const isSmall = Number(value) > 0 && Number(value) < 1;
    const digits = isSmall ? { maximumSignificantDigits: 2, minimumSignificantDigits: 2 } : {};
    const more = { style: 'currency', currency, currencyDisplay, ...digits } as const;
    // Apps pass what they have stored: what is no money, in no currency there is, must not break their page.
    if (!(Number(value) >= 0 && /^[A-Z]{3}$/.test(currency))) return '';
    // A decimal string keeps every digit. Without the mark, right-to-left text would end in `$US`.
    return numberFormat(more)
      .format(value as Intl.StringNumericLiteral)
      .replace(/[A-Z]\$$/, '$&\u200E');
  };

  const format: UsageFormat = {
    locale,
    messages,
    compact: (count) => compactFormat.format(count),
    number: (count) => numberFormat({}).format(count),
    tokens(count) {
      const parts = compactFormat.formatToParts(count);
      // Runtimes differ in the plural of an abbreviated number; what its word stands for decides in all languages.
      const isShort = parts.some(({ type }) => type === 'compact');
      const counted = isShort ? (count >= 999_950 ? 1e6 : 1e3) : count;
      const rule = cached(`plural${locale}`, () => new Intl.PluralRules(locale)).select(counted);
      return fill(messages.tokens[rule] ?? messages.tokens.other, parts.map(({ value }) => value).join(''));
    },
    cost({ amount: value, currency, complete }) {
      const text = amount(value, currency);
      return text === '' || complete ? text : `≥ ${text}`;
    },
    percent(ratio) {
      const isTiny = ratio > 0 && ratio < 0.01;
      const shown = isTiny ? Math.max(Math.floor(ratio * 1000), 1) / 1000 : Math.floor(ratio * 100 + 1e-9) / 100;
      return numberFormat({ style: 'percent', maximumFractionDigits: 1 }).format(shown);
    },
    left({ unit, used, limit, currency }) {
      const rest = Math.max(0, limit - used);
      const text = unit === 'cost' ? amount(rest.toFixed(4), currency ?? 'USD') : format.compact(rest);
      return fill(messages.left, text);
    },
    date: (instant, month = 'short') => dateText(Date.parse(instant), month, timeZone),
    period({ kind, start, resetsAt } = {}) {
      if (kind === 'day' || kind === 'month') return messages[kind];
      const ends = [start, resetsAt].map((instant) => (instant === undefined ? '' : format.date(instant)));
      return start === undefined ? messages.allTime : ends.join(' – ');
    },
    day: (day) => dateText(Date.parse(`${day}T12:00:00Z`), 'short', 'UTC'),
    updated(agoMs) {
      const minutes = Math.floor(agoMs / 60_000);
      if (minutes < 1) return messages.now;
      const [count, unit] =
        minutes < 60
          ? ([minutes, 'minute'] as const)
          : minutes < 1440
            ? ([Math.floor(minutes / 60), 'hour'] as const)
            : ([Math.floor(minutes / 1440), 'day'] as const);
      const relative = cached(`ago${locale}`, () => new Intl.RelativeTimeFormat(locale));
      return fill(messages.ago, relative.format(-count, unit));
    },
  };
  return format;
}

/** Puts a value into a text with one placeholder. */
export function fill(text: string, value: string): string {
  return text.replace(/\{[npdt]\}/, () => value);
}

/** Formatters cost more to make than all they ever write; a page has few of them. */
const formatters = new Map<string, unknown>();

function cached<Formatter>(key: string, make: () => Formatter): Formatter {
  const known = formatters.get(key) as Formatter | undefined;
  if (known !== undefined) return known;
  const made = make();
  if (formatters.size > 500) formatters.clear();
  formatters.set(key, made);
  return made;
}

function knownZone(timeZone: string | undefined): string | undefined {
  try {
    return timeZone === undefined ? undefined : new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
