// Words, loaded when they are wanted
export { loadLocale } from './locales/load-locale.ts';
export type { UsageMessages } from './format/usage-messages.ts';
