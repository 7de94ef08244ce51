import packageJson from '../../package.json' with { type: 'json' };
import { isMeterError } from '../errors.ts';
import { print } from './cli-io.ts';
import type { CliIo, ExitCode } from './cli-io.ts';
import { eraseUserRecords } from './erase/erase-user.ts';
import { exportRecords } from './export/export-records.ts';
import { reportUsage } from './report/report-usage.ts';
import { verifyStore } from './verify/verify-store.ts';

const help = `Usage: kilotoken COMMAND --store FILE [options]

Reads what sqliteStore has written; only erase changes it. Apps can keep running.

  report   show who used how many tokens, and what they cost
  verify   check that the store is intact and its totals are right
  export   write the records as JSON lines, from where you left off
  erase    remove a user from the store

kilotoken COMMAND --help shows the options, kilotoken --version the version.
`;

type Command = (args: readonly string[], io: CliIo) => Promise<ExitCode>;

const commands: ReadonlyMap<string, Command> = new Map([
  ['report', reportUsage],
  ['verify', verifyStore],
  ['export', exportRecords],
  ['erase', eraseUserRecords],
]);

const ignore = (): void => undefined;

/** Runs one command line, without the name of the program. Says on stderr why it failed; never rejects. */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  // Each write tells its own failure; without a listener the stream would also crash the process, even a moment later.
  io.stdout.on('error', ignore);
  io.stderr.on('error', ignore);
  const [name = '', ...rest] = args;
  try {
    if (name === '--help' || name === '-h' || name === 'help') {
      await print(io.stdout, help);
      return 0;
    }
    if (name === '--version') {
      await print(io.stdout, `${packageJson.version}\n`);
      return 0;
    }
    const command = commands.get(name);
    if (command === undefined) {
      await print(io.stderr, name === '' ? help : `kilotoken: unknown command "${name}"\n\n${help}`);
      return 2;
    }
    return await command(rest, io);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isWrongUsage = isMeterError(error) && error.code === 'invalid_options';
    const hint = isWrongUsage ? `Try: kilotoken ${name} --help\n` : '';
    await print(io.stderr, `kilotoken ${name}: ${message}\n${hint}`).catch(ignore);
    return isWrongUsage || (isMeterError(error) && error.code === 'unsupported') ? 2 : 1;
  }
}
