interface Formatters {
  readonly NumberFormat: Intl.NumberFormat;
  readonly DateTimeFormat: Intl.DateTimeFormat;
  readonly PluralRules: Intl.PluralRules;
  readonly RelativeTimeFormat: Intl.RelativeTimeFormat;
}

const made = new Map<string, unknown>();

/**
 * A formatter of the platform. They cost more to make than all they ever write, and a page has few of them. A time zone
 * that does not exist is taken as that of the machine.
 */
export function formatter<Kind extends keyof Formatters>(
  kind: Kind,
  locale: string,
  options?: object,
): Formatters[Kind] {
  const make = (more?: object): unknown =>
    new (Intl[kind] as new (locale: string, more?: object) => unknown)(locale, more);
  const key = kind + locale + JSON.stringify(options);
  if (!made.has(key)) {
    if (made.size > 500) made.clear();
    try {
      made.set(key, make(options));
    } catch {
      made.set(key, make({ ...options, timeZone: undefined }));
    }
  }
  return made.get(key) as Formatters[Kind];
}
