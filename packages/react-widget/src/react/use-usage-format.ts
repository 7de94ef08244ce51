import { useMemo } from 'react';
import { createUsageFormat } from '../format/create-usage-format.ts';
import type { UsageFormat, UsageFormatOptions } from '../format/usage-format.ts';
import { useHydrated } from './use-hydrated.ts';

/**
 * Returns the formatters of one language. Safe in server rendering: unless a time zone is given, dates are in UTC until the page is
 * hydrated.
 *
 * @example
 * ```tsx
 * const { tokens } = useUsageFormat({ locale: 'ru', messages: ru });
 * ```
 */
export function useUsageFormat(options: UsageFormatOptions = {}): UsageFormat {
  const { locale, messages, currencyDisplay } = options;
  const isHydrated = useHydrated();
  const timeZone = options.timeZone ?? (isHydrated ? undefined : 'UTC');
  return useMemo(
    () => createUsageFormat({ locale, messages, timeZone, currencyDisplay }),
    [locale, messages, timeZone, currencyDisplay],
  );
}
