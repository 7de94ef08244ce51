import en from '../locales/en.json' with { type: 'json' };
import { matchLocale, namesOf } from './match-locale.ts';
import type { MessagesInput, UsageMessages } from './usage-messages.ts';

/** A language with everything that goes with it. */
export type ResolvedMessages = readonly [
  /** For `Intl`: the locale asked for where its language was found, else that of the words, so that languages never mix. */
  locale: string,
  messages: UsageMessages,
];

/**
 * Finds the words for a locale: the same tag, else the same language and script, else the same language, else English.
 *
 * @param locale - BCP 47 tag, also with underscores. Default: that of the first catalog, else `en`.
 */
export function resolveMessages(locale: string | undefined, input: MessagesInput = []): ResolvedMessages {
  // Words that are still being loaded may be `null` in apps without types.
  const given = [input].flat().filter(Boolean) as readonly Partial<UsageMessages>[];
  const catalogs = [...given, en].filter((entry) => entry.locale) as readonly UsageMessages[];
  const overrides = given.filter((entry) => !entry.locale);
  const tags = catalogs.map((entry) => entry.locale);
  const wanted = locale ?? tags[0]!;
  const [index = -1, isAlike] = matchLocale(wanted, tags) ?? [];
  const found = catalogs[index];
  // Overrides with all plural forms are a language of their own.
  const isOwn = found ? isAlike : overrides.some(({ tokens }) => tokens);
  return [
    (isOwn ? namesOf(wanted)[0] : found?.locale) ?? 'en',
    [found, ...overrides].reduce<UsageMessages>(override, en),
  ];
}

/**
 * Words over others. Those that are `undefined` or `null`, as in settings that are not filled in, override nothing; plural
 * forms without `other`, which every language has, override only single forms.
 */
function override<Words extends object>(words: Words, over: object = {}): Words {
  const all = { ...words } as { [name: string]: unknown };
  for (const [name, word] of Object.entries(over) as [string, string | UsageMessages['tokens'] | null | undefined][]) {
    if (word != null) all[name] = typeof word === 'object' && !word.other ? override(all[name] as object, word) : word;
  }
  return all as Words;
}
