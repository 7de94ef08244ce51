import en from './locales/en.json' with { type: 'json' };
import es from './locales/es.json' with { type: 'json' };
import ru from './locales/ru.json' with { type: 'json' };
import zh from './locales/zh.json' with { type: 'json' };

/** The words of the app. Keys that end in `_one`, `_few` and the like are plural forms, by CLDR category. */
export const texts = { en, ru, zh, es };

export type Language = keyof typeof texts;

/** Each language by its own name. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  ru: 'Русский',
  zh: '中文',
  es: 'Español',
};

export const languages = Object.keys(texts) as readonly Language[];

export function isLanguage(tag: unknown): tag is Language {
  return languages.includes(tag as Language);
}
