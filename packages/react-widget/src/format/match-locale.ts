/**
 * Finds the best of some languages: the same tag, else the same language and script (`zh-TW` is written like `zh-Hant`,
 * plain `zh` is not), else the same language.
 *
 * @returns Its index and whether the script is the same too; `undefined` where none fits.
 */
export function matchLocale(
  wanted: string,
  tags: readonly string[],
): readonly [index: number, isAlike: boolean] | undefined {
  const same = tags.indexOf(wanted);
  // Most often; to take a tag apart costs more than all the rest of the search.
  if (same >= 0) return [same, true];
  const names = namesOf(wanted);
  for (const [rank, name] of names.entries()) {
    const index = tags.findIndex((tag) => namesOf(tag)[rank] === name);
    if (index >= 0) return [index, rank < 2];
  }
  return undefined;
}

/** A locale as `Intl` wants it; platforms also write underscores. */
export function parseLocale(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-'));
  } catch {
    return undefined;
  }
}

/** What a locale may be matched by, the best first. */
function namesOf(tag: string): readonly string[] {
  const locale = parseLocale(tag);
  if (!locale) return [];
  const { language, script } = locale.maximize();
  return [locale.baseName, `${language}-${script}`, language];
}
