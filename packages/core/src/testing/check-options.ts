import { MeterError } from '../errors.ts';

/**
 * Refuses a key that is not an option: a typo in a test would otherwise silently test nothing.
 *
 * @throws `MeterError` with code `invalid_options`, naming the key.
 */
export function checkOptions(owner: string, options: object, known: Readonly<Record<string, true>>): void {
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    throw new MeterError(
      'invalid_options',
      `${owner} has no option "${key}"; it knows ${Object.keys(known).join(', ')}`,
    );
  }
}
