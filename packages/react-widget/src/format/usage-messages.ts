/**
 * The texts of one language. Plain JSON, so that a server component can pass it to the browser. Placeholders: `{n}` an amount,
 * `{p}` a percentage, `{d}` a date, `{t}` a relative time.
 */
export interface UsageMessages {
  /** BCP 47 tag of the language. */
  readonly locale: string;
  readonly title: string;
  /** By CLDR plural category of the number as written. */
  readonly tokens: { readonly other: string } & { readonly [Category in Intl.LDMLPluralRule]?: string };
  readonly input: string;
  readonly cached: string;
  readonly cacheWrite: string;
  readonly output: string;
  readonly reasoning: string;
  readonly cost: string;
  readonly allTime: string;
  readonly ofQuota: string;
  readonly left: string;
  readonly resets: string;
  readonly over: string;
  readonly empty: string;
  readonly error: string;
  readonly retry: string;
  readonly refresh: string;
  readonly offline: string;
  readonly now: string;
  readonly ago: string;
  readonly last: string;
  readonly byModel: string;
  readonly byDay: string;
  readonly other: string;
  /** Name of the period. Default: the platform's name, such as `Today`. */
  readonly day?: string;
  /** Default: the platform's name, such as `This month`. */
  readonly month?: string;
  /** The first day of a month in languages that write it as an ordinal, such as the French `1er`. */
  readonly day1?: string;
}

/**
 * Texts for the widget: one catalog, or several, of which the best match for the locale is used, plus overrides. An object without
 * `locale` is an override and applies to every language.
 */
export type MessagesInput = Partial<UsageMessages> | readonly Partial<UsageMessages>[];
