import { matchLocale } from '../format/match-locale.ts';
import type { UsageMessages } from '../format/usage-messages.ts';

const loaders: { readonly [tag: string]: () => Promise<{ readonly default: UsageMessages }> } = {
  ar: () => import('./ar.json', { with: { type: 'json' } }),
  de: () => import('./de.json', { with: { type: 'json' } }),
  en: () => import('./en.json', { with: { type: 'json' } }),
  es: () => import('./es.json', { with: { type: 'json' } }),
  fr: () => import('./fr.json', { with: { type: 'json' } }),
  he: () => import('./he.json', { with: { type: 'json' } }),
  hi: () => import('./hi.json', { with: { type: 'json' } }),
  it: () => import('./it.json', { with: { type: 'json' } }),
  ja: () => import('./ja.json', { with: { type: 'json' } }),
  ko: () => import('./ko.json', { with: { type: 'json' } }),
  pl: () => import('./pl.json', { with: { type: 'json' } }),
  'pt-BR': () => import('./pt-BR.json', { with: { type: 'json' } }),
  ru: () => import('./ru.json', { with: { type: 'json' } }),
  tr: () => import('./tr.json', { with: { type: 'json' } }),
  uk: () => import('./uk.json', { with: { type: 'json' } }),
  zh: () => import('./zh.json', { with: { type: 'json' } }),
  'zh-Hant': () => import('./zh-Hant.json', { with: { type: 'json' } }),
};

/**
 * Loads the texts of a language on demand; each language is a separate chunk.
 *
 * @param locale - BCP 47 tag. Loads the best matching catalog, or English if there is none.
 *
 * @example
 * ```ts
 * const messages = await loadLocale(i18n.language);
 * ```
 */
export async function loadLocale(locale: string): Promise<UsageMessages> {
  const tags = Object.keys(loaders);
  const [index = -1] = matchLocale(locale, tags) ?? [];
  const load = loaders[tags[index] ?? 'en'];
  return (await load?.())?.default as UsageMessages;
}
