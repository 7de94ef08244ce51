/**
 * Finds the best of some languages: the same tag, else the same language and script (`zh-TW` is written like `zh-Hant`,
 * plain `zh` is not), else the same language.
 *
 * @returns Its index and whether the script is the same too; `undefined` where none fits.
 */
export function matchLocale(
  wanted: string,
  tags: readonly string[],
): { readonly index: number; readonly isAlike: boolean } | undefined {
  const locale = parseLocale(wanted);
  if (!locale) return undefined;
  const locales = tags.map(parseLocale);
  const exact = locales.findIndex((other) => other?.baseName === locale.baseName);
  const alike = exact >= 0 ? exact : locales.findIndex((other) => other && script(other) === script(locale));
  const index = alike >= 0 ? alike : locales.findIndex((other) => other?.language === locale.language);
  return index < 0 ? undefined : { index, isAlike: alike >= 0 };
}

/** A locale as `Intl` wants it; platforms also write underscores. */
export function parseLocale(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-'));
  } catch {
    return undefined;
  }
}

function script(locale: Intl.Locale): string {
  const { language, script: letters } = locale.maximize();
  return `${language}-${letters}`;
}
