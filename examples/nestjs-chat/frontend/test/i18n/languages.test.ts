import { describe, expect, test } from 'vitest';
import { languages, texts } from '../../src/i18n/languages.ts';
import type { Language } from '../../src/i18n/languages.ts';
import { sidebarCatalogs } from '../../src/i18n/widget-texts.ts';

const plural = /_(?:zero|one|two|few|many|other)$/;
const all = (language: Language): ReadonlyMap<string, string> => new Map(flatten(texts[language], ''));

describe.for(languages)('the words in %s', (language) => {
  test('are those of English, none missing and none left over', () => {
    const names = (one: Language): string[] => [...new Set([...all(one).keys()].map((key) => key.replace(plural, '')))];
    expect(names(language).toSorted()).toEqual(names('en').toSorted());
  });

  test('have the same placeholders as in English', () => {
    const english = all('en');
    for (const [key, text] of all(language)) {
      const wanted = english.get(key) ?? english.get(key.replace(plural, '_other'));
      expect([key, placeholders(text)]).toEqual([key, placeholders(wanted ?? '')]);
    }
  });

  test('have exactly the plural forms that the language has', () => {
    const forms = [...all(language).keys()].flatMap((key) => /^sidebar\.tokensUsed_(\w+)$/.exec(key)?.[1] ?? []);
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    expect(forms.toSorted()).toEqual(pluralCategories.toSorted());
    const { tokens } = sidebarCatalogs(language).at(-1) ?? {};
    expect(Object.keys(tokens ?? {}).toSorted()).toEqual(pluralCategories.toSorted());
    expect(Object.values(tokens ?? {}).every((form) => form.includes('{n}') && !form.includes('{{'))).toBe(true);
  });
});

function flatten(value: object, prefix: string): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]: [string, string | object]) =>
    typeof inner === 'string' ? [[prefix + key, inner]] : flatten(inner, `${prefix}${key}.`),
  );
}

function placeholders(text: string): string[] {
  return (text.match(/\{\{\w+\}\}/g) ?? []).toSorted();
}
