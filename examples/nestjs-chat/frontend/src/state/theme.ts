import { readSetting } from './settings.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export function isTheme(value: unknown): value is Theme {
  return themes.includes(value as Theme);
}

export function savedTheme(): Theme {
  const theme = readSetting('theme');
  return isTheme(theme) ? theme : 'system';
}

/** The style sheet turns this into `color-scheme`, from which every colour follows, the widget's too. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}
