import { describe, expect, test, vi } from 'vitest';
import { createUsageFormat } from '../../src/format/create-usage-format.ts';
import type { UsageFormatOptions } from '../../src/format/usage-format.ts';
import { catalogs, plain } from './locales.ts';

const all = [...catalogs.values()];
const format = (locale: string, more: UsageFormatOptions = {}) =>
  createUsageFormat({ locale, messages: all, timeZone: 'UTC', ...more });
const usd = (amount: string, complete = true) => ({ amount, currency: 'USD', complete });

describe('money', () => {
  test.for([
    ['en', '12.4381', '$12.44'],
    ['en', '0', '$0.00'],
    ['en', '0.0042', '$0.0042'],
    ['en', '0.00000123', '$0.0000012'],
    ['en', '0.5', '$0.50'],
    ['en', '0.994', '$0.99'],
    ['en', '0.999', '$1.00'],
    ['en', '9007199254740993.25', '$9,007,199,254,740,993.25'],
    ['it', '12.5', '12,50 $'],
    ['zh', '12.5', '$12.50'],
    ['ru', '1234.5', '1 234,50 $'],
  ])('in %s, %s USD is written "%s"', ([locale, amount, text]) => {
    expect(plain(format(locale as string).cost(usd(amount as string)))).toBe(text);
  });

  test('keeps the letters and the sign of a currency together in right-to-left text', () => {
    expect(format('ar').cost(usd('12.5'))).toMatch(/US\$\u200E$/);
    for (const [currency, end] of [
      ['GBP', 'UK£'],
      ['JPY', 'JP¥'],
      ['EGP', 'E£'],
      ['GHS', 'GH₵'],
    ] as const) {
      expect(format('ar').cost({ ...usd('12.5'), currency })).toMatch(new RegExp(`${end}\u200E$`));
    }
    expect(format('he').cost(usd('12.5'))).toMatch(/\$$/);
  });

  test('that is a lower bound says so', () => {
    expect(format('en').cost(usd('12.4381', false))).toBe('≥ $12.44');
    expect(format('en').cost(usd('0.00', false)), 'nothing as the least says nothing').toBe('');
  });

  test('without minor units has none, and hosts may ask for the code', () => {
    expect(format('en').cost({ amount: '1250', currency: 'JPY', complete: true })).toBe('¥1,250');
    expect(plain(format('en', { currencyDisplay: 'code' }).cost(usd('2')))).toBe('USD 2.00');
  });
});

describe('a percentage', () => {
  test.for([
    [0, '0%'],
    [0.000_01, '0.1%'],
    [0.0099, '0.9%'],
    [0.61, '61%'],
    [0.29, '29%'],
    [0.999, '99%'],
    [1, '100%'],
    [1.239, '123%'],
  ] as const)('of %d is written "%s"', ([ratio, text]) => {
    expect(format('en').percent(ratio)).toBe(text);
  });
});

describe('a period', () => {
  test.for([
    ['en', 'Today', 'This month', 'All time'],
    ['ru', 'Сегодня', 'В этом месяце', 'За всё время'],
    ['zh', '今天', '本月', '累计'],
    ['es', 'Hoy', 'Este mes', 'Desde el inicio'],
    ['tr', 'Bugün', 'Bu ay', 'Tüm zamanlar'],
    ['uk', 'Сьогодні', 'Цього місяця', 'За весь час'],
  ])('in %s is called %s, %s, %s', ([locale = '', ...names]) => {
    const { period } = format(locale);
    expect([period({ kind: 'day' }), period({ kind: 'month' }), period(undefined)]).toEqual(names);
  });

  test('is called what the app calls it', () => {
    const words = { month: 'This cycle', allTime: 'So far' };
    const { period } = createUsageFormat({ messages: words });
    expect([period({ kind: 'day' }), period({ kind: 'month' }), period({})]).toEqual(['Today', 'This cycle', 'So far']);
  });
});

describe('dates', () => {
  test.for([
    ['en', 'Dec 1', 'December 1'],
    ['ru', '1 дек.', '1 декабря'],
    ['fr', '1er déc.', '1er décembre'],
    ['it', '1º dic', '1º dicembre'],
    ['zh', '12月1日', '12月1日'],
  ])('in %s are "%s" and "%s"', ([locale, short, long]) => {
    const { date } = format(locale as string);
    expect([date('2026-12-01T00:00:00Z'), date('2026-12-01T00:00:00Z', 'long')]).toEqual([short, long]);
  });

  test('are shown in the given zone, days as they are', () => {
    const { date, day } = format('en', { timeZone: 'America/New_York' });
    expect([date('2026-12-01T00:00:00Z'), day('2026-12-01')]).toEqual(['Nov 30', 'Dec 1']);
  });
});

test('a date that does not exist is left out, not thrown', () => {
  expect([format('en').day('2026-99-99'), format('en').date('soon')]).toEqual(['', '']);
});

describe('times ago', () => {
  test.for([
    [0, 'Updated just now'],
    [59_999, 'Updated just now'],
    [60_000, 'Updated 1 minute ago'],
    [7_200_000, 'Updated 2 hours ago'],
    [200_000_000, 'Updated 2 days ago'],
  ] as const)('of %d ms are written "%s"', ([ms, text]) => {
    expect(format('en').updated(ms)).toBe(text);
  });

  test.for([
    ['ru', 300_000, 'Обновлено 5 минут назад'],
    ['tr', 60_000, '1 dakika önce güncellendi'],
    ['he', 18_000_000, 'עודכן לפני 5 שעות'],
  ] as const)('in %s, of %d ms are written "%s"', ([locale, ms, text]) => {
    expect(format(locale).updated(ms)).toBe(text);
  });
});

describe('the language', () => {
  const language = (locale: string | undefined, messages: UsageFormatOptions['messages'] = all) => {
    const { locale: used, messages: found } = createUsageFormat({ locale, messages });
    return [used, found.locale];
  };

  test.for([
    ['ru', 'ru', 'ru'],
    ['ru_RU', 'ru-RU', 'ru'],
    ['de-AT', 'de-AT', 'de'],
    ['zh-CN', 'zh-CN', 'zh'],
    ['zh-TW', 'zh-TW', 'zh-Hant'],
    ['zh-HK', 'zh-HK', 'zh-Hant'],
    ['pt-PT', 'pt-PT', 'pt-BR'],
    ['pt', 'pt', 'pt-BR'],
    ['es-419', 'es-419', 'es'],
    ['ar-EG-u-nu-latn', 'ar-EG-u-nu-latn', 'ar'],
    ['iw', 'he', 'he'],
    ['sv', 'en', 'en'],
    ['klingon language', 'en', 'en'],
    ['', 'en', 'en'],
  ])('of "%s" is written as %s with the words of %s', ([asked, locale, words]) => {
    expect(language(asked)).toEqual([locale, words]);
  });

  test('is looked for once: to take tags apart takes longer than all the rest', () => {
    const parsed = vi.spyOn(Intl, 'Locale');
    language('en-AU');
    const first = parsed.mock.calls.length;
    language('en-AU');
    expect([first > 0, parsed.mock.calls.length]).toEqual([true, first]);
    parsed.mockRestore();
  });

  test('that is the name of something else spoils nothing', () => {
    const asked = ['NumberFormaten{}', '@en', 'PluralRulesenundefined'];
    expect(asked.map((tag) => language(tag))).toEqual(asked.map(() => ['en', 'en']));
    expect(format('en').number(1234)).toBe('1,234');
    expect(format('en').tokens(1)).toBe('1 token');
  });

  test('without a locale is that of the catalog', () => {
    expect(language(undefined, catalogs.get('de'))).toEqual(['de', 'de']);
    expect(language(undefined, [])).toEqual(['en', 'en']);
  });

  test('takes overrides over the catalog, and a whole translation without tag', () => {
    const words = createUsageFormat({ locale: 'ru', messages: [...all, { title: 'Потрачено' }] }).messages;
    expect([words.title, words.input]).toEqual(['Потрачено', 'Входные']);
    const own = createUsageFormat({ locale: 'sv', messages: { tokens: { one: '{n} token', other: '{n} tokens' } } });
    expect(own.locale).toBe('sv');
  });

  test('takes no override that is missing', () => {
    const messages = { title: undefined, resets: null, left: '{n} to go' } as never;
    const words = createUsageFormat({ locale: 'es', messages: [...all, messages] }).messages;
    expect([words.title, words.resets, words.left]).toEqual([
      catalogs.get('es')?.title,
      catalogs.get('es')?.resets,
      '{n} to go',
    ]);
  });

  test('is never left by plural forms that lack `other`', () => {
    const some = { tokens: { one: '{n} кредит', few: undefined, other: null } } as never;
    const { tokens } = createUsageFormat({ locale: 'ru', messages: [...all, some] });
    expect([1, 2, 5].map(tokens)).toEqual(['1 кредит', '2 токена', '5 токенов']);
    const catalog = createUsageFormat({
      locale: 'ru',
      messages: { ...catalogs.get('ru'), tokens: undefined } as never,
    });
    expect(catalog.tokens(5)).toBe('5 tokens');
  });

  test('takes plural forms with `other` as a whole', () => {
    const { tokens } = createUsageFormat({ locale: 'ru', messages: [...all, { tokens: { other: '{n} Tk' } }] });
    expect([1, 2, 5].map(tokens)).toEqual(['1 Tk', '2 Tk', '5 Tk']);
  });

  test('survives a time zone that does not exist', () => {
    expect(format('en', { timeZone: 'Mars/Base' }).day('2026-12-01')).toBe('Dec 1');
  });
});
