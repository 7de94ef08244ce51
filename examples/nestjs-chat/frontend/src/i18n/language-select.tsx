import { useId } from 'react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { languageNames, languages } from './languages.ts';
import type { Language } from './languages.ts';
import { changeLanguage } from './start-i18n.ts';
import { useLanguage } from './use-language.ts';

export function LanguageSelect(): ReactElement {
  const { t, i18n } = useTranslation();
  const language = useLanguage();
  const id = useId();
  return (
    <div className="setting">
      <label htmlFor={id}>{t('settings.language')}</label>
      <select id={id} value={language} onChange={({ target }) => void changeLanguage(i18n, target.value as Language)}>
        {languages.map((tag) => (
          <option key={tag} value={tag} lang={tag}>
            {languageNames[tag]}
          </option>
        ))}
      </select>
    </div>
  );
}
