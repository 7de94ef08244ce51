import { createInstance } from 'i18next';
import type { i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { readSetting, saveSetting } from '../state/settings.ts';
import { isLanguage, languages, texts } from './languages.ts';
import type { Language } from './languages.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: (typeof texts)['en'] };
  }
}

/** Starts in the language that was chosen last, else in the first of the browser's that we have. */
export async function startI18n(): Promise<i18n> {
  const instance = createInstance();
  instance.on('languageChanged', nameLanguage);
  await instance.use(initReactI18next).init({
    resources: Object.fromEntries(languages.map((language) => [language, { translation: texts[language] }])),
    lng: firstLanguage(),
    fallbackLng: 'en',
    // React escapes by itself.
    interpolation: { escapeValue: false },
  });
  return instance;
}

export async function changeLanguage(instance: i18n, language: Language): Promise<void> {
  saveSetting('language', language);
  await instance.changeLanguage(language);
}

function firstLanguage(): Language {
  const wanted = [readSetting('language'), ...navigator.languages.map((tag) => tag.split('-')[0])];
  return wanted.find(isLanguage) ?? 'en';
}

/** Screen readers choose their voice by it, and browsers their glyphs. */
function nameLanguage(language: string): void {
  document.documentElement.lang = language;
}
