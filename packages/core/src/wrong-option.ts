import { MeterError } from './errors.ts';

/** Longer texts may be keys, passwords or what a user wrote, and messages of errors are logged. */
const maxShownLength = 20;
const likeSecret = /^(?:sk|pk|key|bearer|basic)[-_ ]|@/i;

/**
 * Says what a wrong value is, in a few words and without secrets.
 *
 * @example
 * ```ts
 * gotText('5s'); // "5s"
 * gotText(process.env.OPENAI_API_KEY); // a string of 51 characters
 * gotText(new ObjectId()); // an object (ObjectId)
 * ```
 */
export function gotText(value: unknown): string {
  if (typeof value === 'string') {
    const isShown = value.length <= maxShownLength && !likeSecret.test(value);
    return isShown ? JSON.stringify(value) : `a string of ${value.length} characters`;
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Promise) return 'a promise, which was not awaited';
  if (isDate(value) && !isInstant(value)) return 'an invalid Date';
  const { constructor: maker } = value as { readonly constructor?: unknown };
  const kind = typeof maker === 'function' && maker !== Object ? maker.name : '';
  return kind === '' ? 'an object' : `an object (${kind})`;
}

/** The error of one part of a query, a user or a result, named by its path. */
export function wrongField(path: string, expected: string, value: unknown, cause?: unknown): MeterError {
  return new MeterError(
    'invalid_options',
    `${path}: expected ${expected}, got ${gotText(value)}`,
    cause === undefined ? {} : { cause },
  );
}

/** The error of an option that has a wrong value, or none and must have one. */
export function wrongOption(owner: string, name: string, expected: string, value: unknown): MeterError {
  return invalidOption(owner, wrongValue(name, expected, value));
}

/** The same as a part of a sentence. Without a name it is about all the options at once. */
export function wrongValue(name: string, expected: string, value: unknown): string {
  const what = name === '' ? '' : value === undefined ? `option "${name}" is missing: ` : `option "${name}": `;
  return `${what}expected ${expected}${value === undefined && name !== '' ? '' : `, got ${gotText(value)}`}`;
}

/**
 * Refuses what is no object, and a name that is no option: it may be a misspelt one.
 *
 * @param form - What the object has to be, such as `{ path }`.
 * @throws {@link MeterError} `invalid_options`.
 */
export function checkNames(owner: string, form: string, options: unknown, known: readonly string[]): void {
  if (!isObject(options)) throw wrongOption(owner, '', form, options);
  const problem = unknownName('', options, known);
  if (problem !== undefined) throw invalidOption(owner, problem);
}

/** Says which member of an object is no option, and which there are. */
export function unknownName(at: string, options: object, known: readonly string[]): string | undefined {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  return `unknown option "${memberOf(at, unknown)}"; known options are ${known.map((name) => memberOf(at, name)).join(', ')}`;
}

/** The path of a member. */
export function memberOf(at: string, name: string | number): string {
  return at === '' ? String(name) : `${at}.${name}`;
}

/** False for what keeps its values elsewhere than in members by name, such as a list or a `Map`. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value);
}

/** Says whether a value is a `Date` that tells a time; it may be of another realm. */
export function isInstant(value: unknown): value is Date {
  return isDate(value) && !Number.isNaN(value.getTime());
}

/** The same where its time may be invalid. */
export function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

/** The error of wrong options. */
export function invalidOption(owner: string, problem: string): MeterError {
  return new MeterError('invalid_options', `${owner}: ${problem}`);
}
