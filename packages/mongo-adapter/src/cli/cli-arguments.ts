import { parseArgs } from 'node:util';
import { isMeterError } from '@kilotoken/core';
import { readInstant, timeBuckets } from '@kilotoken/core/store-kit';

/** What the command line asks for. */
export interface CliArguments {
  readonly command: CliCommand;
  readonly uri: string;
  readonly db: string | undefined;
  readonly users: string;
  readonly messages: string | false;
  /** Ids of users and messages are ObjectIds. */
  readonly hasObjectIds: boolean;
  readonly user: string | undefined;
  readonly by: 'user' | 'model' | 'tenant' | 'day' | 'month';
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  readonly timeZone: string;
  readonly after: string | undefined;
  readonly limit: number | undefined;
  readonly isDryRun: boolean;
  readonly isJson: boolean;
  readonly isCsv: boolean;
}

/** The commands. */
export const cliCommands = ['indexes', 'verify', 'rebuild', 'backfill', 'repair', 'report', 'export', 'erase'] as const;

/** One of {@link cliCommands}. */
export type CliCommand = (typeof cliCommands)[number];

/** Thrown for a command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The help text. */
export const cliHelp = `Usage: kilotoken-mongo <command> [options]

  indexes             create the indexes of the adapter's own collections
  verify              compare every user document with the ledger; exit code 1 if any is wrong
  rebuild --user ID   set the totals of one user to what the ledger has
  backfill            import the usage that messages and users already have into the ledger
  repair              turn totals of other types into 64-bit integers
  report              show usage by user, model, tenant, day or month
  export              write the records as JSON lines, from where you left off; the last cursor goes to stderr
  erase --user ID     remove a user: the records stay, but without the user

  --uri URI           connection string; default: the environment variable MONGODB_URI
  --db NAME           database; default: the one in the connection string
  --users NAME        collection of users; default: users
  --messages NAME     collection of messages; default: messages; "none" if the app writes them itself
  --object-ids        ids of users and messages are ObjectIds
  --user ID           only this user (verify, rebuild, report, export, erase)
  --by GROUP          user, model, tenant, day or month (report); default: user
  --from, --to DATE   time span of the report, --to exclusive: 2026-11-25, or a timestamp with an offset
  --time-zone ZONE    time zone of days, months and dates (report); default: UTC
  --after ID          continue after this message (backfill), or after the record with this cursor (export)
  --limit N           at most N records (export)
  --dry-run           only show what would be done (backfill, repair, rebuild, erase)
  --json              one JSON value per line, for programs
  --csv               comma-separated values; a name that could be a formula gets a ' in front (report)
  --version           show the version

Exit codes: 0 done, 1 verify found something wrong, 2 the command line is wrong, 3 the command failed.
`;

const groups = ['user', 'model', 'tenant', 'day', 'month'] as const;

/**
 * Reads a command line, or says that it asks for the help or the release.
 *
 * @throws {@link UsageError} saying what is wrong.
 */
export function cliArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CliArguments | 'help' | 'version' {
  const { values, positionals } = parsed(args);
  const [command, ...rest] = positionals;
  if (values.help === true) return 'help';
  if (values.version === true) return 'version';
  const known = cliCommands.find((name) => name === command);
  if (known === undefined) {
    throw new UsageError(command === undefined ? 'no command given' : `unknown command "${command}"`);
  }
  if (rest.length > 0) throw new UsageError(`unexpected "${rest.join(' ')}"`);
  const uri = values.uri ?? env['MONGODB_URI'];
  if (uri === undefined || uri === '') throw new UsageError('pass --uri or set MONGODB_URI');
  const by = groups.find((group) => group === (values.by ?? 'user'));
  if (by === undefined) throw new UsageError(`--by must be one of ${groups.join(', ')}`);
  const needsUser = known === 'rebuild' || known === 'erase';
  if (needsUser && (values.user ?? '') === '') throw new UsageError(`${known} needs --user`);
  if (values.csv === true && values.json === true) throw new UsageError('--json and --csv cannot be combined');
  const timeZone = values['time-zone'] ?? 'UTC';
  understood(() => timeBuckets('day', timeZone));
  const instant = (name: 'from' | 'to'): Date | undefined => {
    const text = values[name];
    return text === undefined ? undefined : understood(() => readInstant(name, text, timeZone));
  };
  return {
    command: known,
    uri,
    db: values.db,
    users: values.users ?? 'users',
    messages: values.messages === 'none' ? false : (values.messages ?? 'messages'),
    hasObjectIds: values['object-ids'] ?? false,
    user: values.user,
    by,
    from: instant('from'),
    to: instant('to'),
    timeZone,
    after: values.after,
    limit: values.limit === undefined ? undefined : wholeNumber('limit', values.limit),
    isDryRun: values['dry-run'] ?? false,
    isJson: values.json ?? false,
    isCsv: values.csv ?? false,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        uri: text,
        db: text,
        users: text,
        messages: text,
        'object-ids': flag,
        user: text,
        by: text,
        from: text,
        to: text,
        'time-zone': text,
        after: text,
        limit: text,
        'dry-run': flag,
        json: flag,
        csv: flag,
        help: { ...flag, short: 'h' },
        version: flag,
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new UsageError(`--${name} must be a whole number, 0 or more, not "${text}"`);
}

/** What core cannot read of a command line is a mistake in it. */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isMeterError(error) ? new UsageError(error.message) : error;
  }
}
