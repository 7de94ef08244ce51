import { useTranslation } from 'react-i18next';
import { isLanguage } from './languages.ts';
import type { Language } from './languages.ts';

/** The language the app is shown in. */
export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return isLanguage(i18n.resolvedLanguage) ? i18n.resolvedLanguage : 'en';
}
