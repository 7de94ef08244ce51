import { describe, expect, test } from 'vitest';
import { createUsageFormat } from '../../src/format/create-usage-format.ts';
import { catalogs, plain, tokenTexts } from './locales.ts';

const english = catalogs.get('en');
const placeholders = (text: unknown): readonly string[] => String(text).match(/\{\w+\}/g) ?? [];

describe('the catalogs', () => {
  test('are the 17', () => {
    expect([...catalogs.keys()].toSorted().join(' ')).toBe(
      'ar de en es fr he hi it ja ko pl pt-BR ru tr uk zh zh-Hant',
    );
  });

  test.for([...catalogs])('%s has every key, with the placeholders of English', ([tag, messages]) => {
    expect(messages.locale).toBe(tag);
    const keys = Object.keys(messages).filter((key) => key !== 'day1');
    expect(keys.toSorted()).toEqual(Object.keys(english ?? {}).toSorted());
    for (const [key, text] of Object.entries(messages)) {
      if (key === 'tokens') continue;
      expect(text, key).toMatch(/\S/);
      expect(placeholders(text), key).toEqual(
        placeholders(Object.entries(english ?? {}).find(([name]) => name === key)?.[1]),
      );
    }
  });

  test.for([...catalogs])('%s has exactly the plural forms of its language', ([tag, messages]) => {
    const rules = new Intl.PluralRules(tag);
    const wanted = rules.resolvedOptions().pluralCategories;
    expect(Object.keys(messages.tokens).toSorted()).toEqual([...wanted].toSorted());
  });

  test.for([...catalogs])('%s repeats no English sentence', ([tag, messages]) => {
    if (tag === 'en') return;
    const same = Object.entries(messages).filter(([key, text]) =>
      Object.entries(english ?? {}).some(([k, t]) => k === key && t === text),
    );
    // Words that are the same in both languages.
    expect(same.map(([key]) => key).filter((key) => !['input', 'output', 'reasoning'].includes(key))).toEqual([]);
  });
});

describe('token counts', () => {
  test.for(tokenTexts)('in %s, %i is written "%s"', ([locale, count, text]) => {
    const format = createUsageFormat({ locale, messages: [...catalogs.values()] });
    expect(plain(format.tokens(count))).toBe(text);
  });
});
