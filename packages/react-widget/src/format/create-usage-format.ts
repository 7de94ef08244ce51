import { createAmountFormat, fill } from './create-amount-format.ts';
import { formatter } from './formatter.ts';
import type { UsageFormat, UsageFormatOptions } from './usage-format.ts';

/**
 * Creates the formatters of one language. Locales that do not exist count as English.
 *
 * @example
 * ```ts
 * createUsageFormat({ locale: 'ru', messages: ru }).tokens(1_234_567); // 1,2 млн токенов
 * ```
 */
export function createUsageFormat(options: UsageFormatOptions = {}): UsageFormat {
  const { timeZone } = options;
  const amounts = createAmountFormat(options);
  const { locale, messages, number, compact, cost } = amounts;

  const date = (instant: string, month: 'short' | 'long' = 'short', zone = timeZone): string => {
    const ms = Date.parse(instant);
    const format = formatter('DateTimeFormat', locale, { day: 'numeric', month, timeZone: zone });
    return ms >= 0 ? format.format(ms).replace(/\b1\b/, messages.day1 ?? '1') : '';
  };
  return {
    ...amounts,
    percent: (ratio) =>
      number(ratio && Math.max(ratio, 0.001), {
        style: 'percent',
        maximumFractionDigits: ratio < 0.01 ? 1 : 0,
        roundingMode: 'floor',
      }),
    left({ unit, used, limit, currency }) {
      const rest = Math.max(0, limit - used);
      return fill(
        messages.left,
        unit === 'cost'
          ? cost({ amount: rest.toFixed(4), currency: currency ?? 'USD', complete: true })
          : compact(rest),
      );
    },
    date,
    period({ kind, start, resetsAt } = {}) {
      if (kind === 'day' || kind === 'month') {
        const name = formatter('RelativeTimeFormat', locale, { numeric: 'auto' }).format(0, kind);
        return messages[kind] ?? name.replace(/^./, (first) => first.toLocaleUpperCase(locale));
      }
      return start ? `${date(start)} – ${date(resetsAt ?? '')}` : messages.allTime;
    },
    day: (day) => date(day, 'short', 'UTC'),
    updated(agoMs) {
      const spans = [
        [86_400_000, 'day'],
        [3_600_000, 'hour'],
        [60_000, 'minute'],
      ] as const;
      const [size, unit] = spans.find(([ms]) => agoMs >= ms) ?? [];
      if (!size) return messages.now;
      return fill(messages.ago, formatter('RelativeTimeFormat', locale).format(-Math.floor(agoMs / size), unit));
    },
  };
}
