import { remember } from './remember.ts';

interface Formatters {
  readonly NumberFormat: Intl.NumberFormat;
  readonly DateTimeFormat: Intl.DateTimeFormat;
  readonly PluralRules: Intl.PluralRules;
  readonly RelativeTimeFormat: Intl.RelativeTimeFormat;
}

/** A formatter of the platform. A time zone that does not exist is taken as that of the machine. */
export function formatter<Kind extends keyof Formatters>(
  kind: Kind,
  locale: string,
  options?: object,
): Formatters[Kind] {
  const make = (more?: object): unknown =>
    new (Intl[kind] as new (locale: string, more?: object) => unknown)(locale, more);
  return remember(kind + locale + JSON.stringify(options), () => {
    try {
      return make(options);
    } catch {
      return make({ ...options, timeZone: undefined });
    }
  }) as Formatters[Kind];
}
