import { formatter } from './formatter.ts';
import { resolveMessages } from './resolve-messages.ts';
import type { UsageFormat, UsageFormatOptions } from './usage-format.ts';

/** The part of a language that a single message needs: numbers and money. */
export interface AmountFormat extends Pick<
  UsageFormat,
  'locale' | 'messages' | 'compact' | 'number' | 'tokens' | 'cost'
> {
  number(count: number | string, more?: Intl.NumberFormatOptions): string;
}

export function createAmountFormat(options: UsageFormatOptions): AmountFormat {
  const { currencyDisplay = 'narrowSymbol' } = options;
  const [locale, messages] = resolveMessages(options.locale, options.messages);

  const number = (count: number | string, more: Intl.NumberFormatOptions = {}): string =>
    formatter('NumberFormat', locale, more).format(count as number);
  const compact = (count: number): string => number(count, { notation: 'compact', maximumFractionDigits: 1 });

  return {
    locale,
    messages,
    compact,
    number,
    tokens(count) {
      const text = compact(count);
      // Runtimes differ in the plural of an abbreviated number; what its word stands for decides in all languages.
      const counted = !/\p{L}/u.test(text) ? count : count >= 999_950 ? 1e6 : 1e3;
      const rule = formatter('PluralRules', locale).select(counted);
      return fill(messages.tokens[rule] ?? messages.tokens.other, text);
    },
    cost({ amount, currency, complete }) {
      // Apps pass what they have stored: what is no money, in no currency there is, must not break their page.
      if (!(Number(amount) >= 0 && /^[A-Z]{3}$/.test(currency) && (complete || Number(amount)))) return '';
      const digits = Number(amount) > 0 && Number(amount) < 0.995 ? 2 : undefined;
      const more = { minimumSignificantDigits: digits, maximumSignificantDigits: digits };
      // A decimal string keeps every digit. Without the mark, right-to-left text would end in `$US`.
      const text = number(amount, { style: 'currency', currency, currencyDisplay, ...more });
      return (complete ? '' : '≥ ') + text.replace(/[A-Z]\p{Sc}$/u, '$&\u200E');
    },
  };
}

/** Puts a value into a text with one placeholder. */
export function fill(text: string, value: string): string {
  return text.replace(/\{.\}/, () => value);
}
