import type { ParseArgsOptionsConfig } from 'node:util';
import { MeterError } from '../errors.ts';

/** The options of one command as they were given: text, `true` for a flag, absent where left out. */
export type GivenOptions<Names extends string> = { readonly [Name in Names]?: string | boolean };

/**
 * Reads `--name value` and `--flag`; every command also has `--help`.
 *
 * @throws {@link MeterError} `invalid_options`, naming what is unknown or lacks its value.
 */
export function commandOptions<Names extends string>(
  args: readonly string[],
  known: Readonly<Record<Names, 'text' | 'flag'>>,
): GivenOptions<Names | 'help'> {
  const { parseArgs } = process.getBuiltinModule('node:util');
  const options: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' } };
  for (const [name, kind] of Object.entries(known)) options[name] = { type: kind === 'text' ? 'string' : 'boolean' };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values as GivenOptions<Names | 'help'>;
  } catch (cause) {
    // The first sentence names the option; the others explain how to pass a text that begins with a dash.
    const [message = ''] = (cause instanceof Error ? cause.message : String(cause)).split('. ');
    throw new MeterError('invalid_options', message, { cause });
  }
}

/** @throws {@link MeterError} `invalid_options` where the option is missing. */
export function requiredText(name: string, value: string | boolean | undefined): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new MeterError('invalid_options', `--${name} is missing`);
}

/** @throws {@link MeterError} `invalid_options` where the option is given and not one of the choices. */
export function choice<Choice extends string>(
  name: string,
  value: string | boolean | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  if (value === undefined) return choices[0];
  const chosen = choices.find((each) => each === value);
  if (chosen !== undefined) return chosen;
  throw new MeterError('invalid_options', `--${name} must be one of ${choices.join(', ')}, not "${String(value)}"`);
}

/** @throws {@link MeterError} `invalid_options` where the option is given and no whole number from `least`. */
export function wholeNumber(name: string, value: string | boolean | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (typeof value === 'string' && /^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least)
    return number;
  throw new MeterError('invalid_options', `--${name} must be a whole number, ${least} or more, not "${String(value)}"`);
}
