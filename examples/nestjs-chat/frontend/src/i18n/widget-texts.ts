import es from '@kilotoken/react-widget/locales/es.json' with { type: 'json' };
import ru from '@kilotoken/react-widget/locales/ru.json' with { type: 'json' };
import zh from '@kilotoken/react-widget/locales/zh.json' with { type: 'json' };
import type { UsageMessages } from '@kilotoken/react-widget';
import { texts } from './languages.ts';
import type { Language } from './languages.ts';

/** The widget's own words; English is built in. */
export const widgetCatalogs = [ru, zh, es];

/** The same with the app's `sidebar.tokensUsed` for the running total. */
export function sidebarCatalogs(language: Language): readonly Partial<UsageMessages>[] {
  const forms = Object.entries(texts[language].sidebar).flatMap(([key, text]) => {
    const category = /^tokensUsed_(\w+)$/.exec(key)?.[1];
    return category === undefined ? [] : [[category, text.replace('{{amount}}', '{n}')]];
  });
  return [...widgetCatalogs, { tokens: Object.fromEntries(forms) as UsageMessages['tokens'] }];
}
