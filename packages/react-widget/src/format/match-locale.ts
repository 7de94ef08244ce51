import { remember } from './remember.ts';

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
  for (const [rank, name] of namesOf(wanted).entries()) {
    const index = tags.findIndex((tag) => namesOf(tag)[rank] === name);
    if (index >= 0) return [index, rank < 3];
  }
  return undefined;
}

/**
 * What a locale may be matched by, the best first: all of it as `Intl` writes it, without extensions, with its script, by
 * language. Nothing where it is none. Platforms also write underscores.
 */
export function namesOf(tag: string): readonly string[] {
  // No formatter's key begins like this.
  return remember(`@${tag}`, () => {
    try {
      const locale = new Intl.Locale(tag.replaceAll('_', '-'));
      const { language, script } = locale.maximize();
      return [locale.toString(), locale.baseName, `${language}-${script}`, language];
    } catch {
      return [];
    }
  });
}
