import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** What Node makes of a command line that is described so. */
type Given<Config extends ParseArgsConfig> = ReturnType<typeof parseArgs<Config>>;

/**
 * Reads the command line of a script of this repository. `--help` prints the usage and ends the process with 0; what
 * cannot be understood prints why, and the usage, and ends it with 2.
 *
 * @param usage - The command, and a line for each option, with its default.
 * @param read - Makes of the given texts what the script works with; what it throws is told as what is wrong.
 */
export function commandLine<const Config extends ParseArgsConfig, Read>(
  usage: string,
  config: Config,
  read: (given: Given<Config>) => Read,
): Read {
  const args = config.args ?? process.argv.slice(2);
  // After "--" they are somebody else's: npm run bench -- --only field -- --help
  const end = args.indexOf('--');
  if (args.slice(0, end === -1 ? undefined : end).some((arg) => arg === '--help' || arg === '-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return read(parseArgs({ ...config, args }) as Given<Config>);
  } catch (error) {
    // Node's first sentence names the option; the others explain how to pass a text that begins with a dash.
    const [message = ''] = (error as Error).message.split('. ');
    console.error(`${message}\n${usage}`);
    return process.exit(2);
  }
}

/** @throws Error where the text is no whole number from `least`. */
export function wholeNumber(name: string, text: string, least = 1): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${name} must be a whole number, ${least} or more, not "${text}"`);
}

/** @throws Error where the text is no port; 0 is any free one. */
export function portNumber(name: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`${name} must be a whole number from 0 to 65535, not "${text}"`);
}

/** @throws Error where the text is no number above 0. */
export function positiveNumber(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number > 0 && Number.isFinite(number)) return number;
  throw new Error(`${name} must be a number above 0, not "${text}"`);
}

/** @throws Error where the text is none of the choices. */
export function oneOf<const Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw new Error(`${name} must be one of ${choices.join(', ')}, not "${text}"`);
}
