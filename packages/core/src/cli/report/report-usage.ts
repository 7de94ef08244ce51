import { MeterError } from '../../errors.ts';
import { timeBuckets } from '../../storage/time-buckets.ts';
import { print, printData } from '../cli-io.ts';
import type { CliIo, ExitCode } from '../cli-io.ts';
import { choice, commandOptions, requiredText, wholeNumber } from '../command-options.ts';
import { openStoreFile } from '../store-file.ts';
import { terminalStyle } from '../terminal-style.ts';
import { readInstant } from './read-instant.ts';
import { readReport } from './read-report.ts';
import { reportCsv, reportJson } from './report-data.ts';
import { reportText } from './report-text.ts';
import type { ReportQuery } from './usage-report.ts';

const reportHelp = `Usage: kilotoken report --store FILE [--by day|month|user|tenant|model] [options]

Tokens and cost, with the share of each origin, as a table and a bar chart.

  --store FILE        the SQLite file of sqliteStore
  --by WHAT           one row per day (default), month, user, tenant or model
  --from WHEN         only calls that started then or later: 2026-11-01, or 2026-11-01T08:00:00Z
  --to WHEN           only calls that started before then
  --time-zone ZONE    time zone of days, months and dates, for example Asia/Kolkata (default: UTC)
  --top N             show at most N rows (default: 20, but all days and months); JSON and CSV have them all
  --json              one JSON document
  --csv               comma-separated values with a header; a name that could be a formula gets a ' in front

Colours and block characters appear only in a terminal, and NO_COLOR turns colours off.
Exit code: 0 done, 1 the store failed, 2 invalid arguments or no such store.
`;

const defaultTop = 20;

/** `kilotoken report`. */
export async function reportUsage(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const given = commandOptions(args, {
    store: 'text',
    by: 'text',
    from: 'text',
    to: 'text',
    'time-zone': 'text',
    top: 'text',
    json: 'flag',
    csv: 'flag',
  });
  if (given.help === true) {
    await print(io.stdout, reportHelp);
    return 0;
  }
  const path = requiredText('store', given.store);
  const by = choice('by', given.by, ['day', 'month', 'user', 'tenant', 'model']);
  const timeZone = typeof given['time-zone'] === 'string' ? given['time-zone'] : 'UTC';
  checkTimeZone(timeZone);
  const instant = (name: 'from' | 'to'): Partial<ReportQuery> => {
    const text = given[name];
    return typeof text === 'string' ? { [name]: readInstant(name, text, timeZone) } : {};
  };
  const query: ReportQuery = { by, timeZone, ...instant('from'), ...instant('to') };
  const top = wholeNumber('top', given.top, 1) ?? (by === 'day' || by === 'month' ? Infinity : defaultTop);
  if (given.json === true && given.csv === true) {
    throw new MeterError('invalid_options', '--json and --csv cannot be combined');
  }
  const file = openStoreFile(path);
  try {
    const report = readReport(query, file);
    if (given.json === true) await printData(io.stdout, reportJson(report));
    else if (given.csv === true) await printData(io.stdout, reportCsv(report));
    else await print(io.stdout, reportText(report, top, terminalStyle(io)));
    return 0;
  } finally {
    file.close();
  }
}

function checkTimeZone(timeZone: string): void {
  try {
    timeBuckets('day', timeZone);
  } catch (cause) {
    throw new MeterError('invalid_options', `--time-zone "${timeZone}" is not a time zone this runtime knows`, {
      cause,
    });
  }
}
