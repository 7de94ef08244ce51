import { useEffect, useId, useState } from 'react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { applyTheme, isTheme, savedTheme, themes } from '../state/theme.ts';
import { saveSetting } from '../state/settings.ts';

export function ThemeSelect(): ReactElement {
  const { t } = useTranslation();
  const [theme, setTheme] = useState(savedTheme);
  const id = useId();
  useEffect(() => applyTheme(theme), [theme]);
  const choose = (value: string): void => {
    if (!isTheme(value)) return;
    saveSetting('theme', value);
    setTheme(value);
  };
  return (
    <div className="setting">
      <label htmlFor={id}>{t('settings.theme')}</label>
      <select id={id} value={theme} onChange={({ target }) => choose(target.value)}>
        {themes.map((name) => (
          <option key={name} value={name}>
            {t(`settings.${name}`)}
          </option>
        ))}
      </select>
    </div>
  );
}
