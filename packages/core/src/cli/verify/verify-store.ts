import { isMeterError } from '../../errors.ts';
import { sqliteErrorCode } from '../../storage/sqlite/connection.ts';
import type { Prepare } from '../../storage/sqlite/connection.ts';
import { decodeText } from '../../storage/sqlite/text.ts';
import { print } from '../cli-io.ts';
import type { CliIo, ExitCode } from '../cli-io.ts';
import { commandOptions, requiredText } from '../command-options.ts';
import { recordCount } from '../record-count.ts';
import { openStoreFile } from '../store-file.ts';
import type { StoreFile } from '../store-file.ts';
import { visible } from '../terminal-text.ts';
import { impossibleRecords } from './impossible-records.ts';
import { wrongHours } from './wrong-hours.ts';
import type { WrongSums } from './wrong-rows.ts';
import { wrongTotals } from './wrong-totals.ts';

const verifyHelp = `Usage: kilotoken verify --store FILE [--json]

Checks a store without changing it: the file is intact, no record is stored twice, at most one attempt of a call has
reported usage, no record has impossible counts, and every total and every hour equals the sum of its records.

  --store FILE   the SQLite file of sqliteStore
  --json         one JSON document with every problem

Exit code: 0 everything is right, 1 something is wrong (listed), 2 invalid arguments, or no store this release can read.
`;

/** One check; `problems` is empty where all is right. */
interface Finding {
  readonly check: string;
  readonly problems: readonly string[];
}

const shownProblems = 20;
/** SQLite says that the content of the file is wrong (CORRUPT, NOTADB), not that it could not get at it. */
const damageCodes: ReadonlySet<number> = new Set([11, 26]);

/** `kilotoken verify`. */
export async function verifyStore(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const given = commandOptions(args, { store: 'text', json: 'flag' });
  if (given.help === true) {
    await print(io.stdout, verifyHelp);
    return 0;
  }
  const path = requiredText('store', given.store);
  const findings: Finding[] = [];
  let file: StoreFile | undefined;
  try {
    file = openStoreFile(path);
    findings.push({ check: `schema version ${file.schemaVersion}`, problems: [] });
    // One snapshot: the records and their totals belong together, whatever apps write meanwhile.
    file.database.exec('BEGIN');
    for (const check of checks) findings.push(check(file.prepare));
  } catch (error) {
    const cause = isMeterError(error) ? error.cause : error;
    if (!damageCodes.has(sqliteErrorCode(cause) ?? -1)) throw error;
    findings.push({ check: 'file', problems: [cause instanceof Error ? cause.message : String(cause)] });
  } finally {
    file?.close();
  }
  const ok = findings.every(({ problems }) => problems.length === 0);
  const text = findings.map((finding) => `${findingText(finding)}\n`).join('');
  await print(io.stdout, given.json === true ? `${JSON.stringify({ ok, checks: findings }, undefined, 2)}\n` : text);
  return ok ? 0 : 1;
}

const checks: readonly ((prepare: Prepare) => Finding)[] = [
  (prepare) => ({
    check: 'file is whole',
    problems: prepare('PRAGMA integrity_check')
      .all()
      .map((row) => String(row['integrity_check']))
      .filter((line) => line !== 'ok'),
  }),
  (prepare) => ({
    check: `${recordCount(Number(prepare('SELECT count(*) AS n FROM usage_records').get()?.['n']))}, each there once`,
    problems: repeated(
      prepare,
      // Not by the index: it is what would be damaged.
      `SELECT id AS name, count(*) AS n FROM usage_records NOT INDEXED GROUP BY id HAVING n > 1`,
      (id, count) => `record "${id}" is there ${count} times`,
    ),
  }),
  (prepare) => ({
    check: 'reported usage once per call',
    problems: repeated(
      prepare,
      `SELECT call_id AS name, count(*) AS n FROM usage_records
       WHERE kind = 'usage' AND origin IN ('reported', 'drained', 'recovered') GROUP BY call_id HAVING n > 1`,
      (id, count) => `call "${id}" has ${count} attempts with reported usage`,
    ),
  }),
  (prepare) => ({
    check: 'counts and costs possible',
    problems: impossibleRecords(prepare).map(
      ({ problem, count, ids }) =>
        `${recordCount(count)} ${problem}: ${ids.map((id) => `"${id}"`).join(', ')}${count > ids.length ? ', ...' : ''}`,
    ),
  }),
  (prepare) => ({
    check: 'totals equal their records',
    problems: wrongTotals(prepare).map(sumsProblem),
  }),
  (prepare) => ({
    check: 'hours equal their records',
    problems: wrongHours(prepare).map(sumsProblem),
  }),
];

function sumsProblem({ of, figures }: WrongSums): string {
  return `${of}: ${figures.map(({ name, kept, recounted }) => `${name} is ${kept}, not ${recounted}`).join('; ')}`;
}

function repeated(prepare: Prepare, sql: string, problem: (name: string, count: number) => string): string[] {
  return prepare(sql)
    .all()
    .map((row) => problem(decodeText(String(row['name'])), Number(row['n'])));
}

function findingText({ check, problems }: Finding): string {
  if (problems.length === 0) return `ok     ${check}`;
  const more = problems.length - shownProblems;
  const lines = problems.slice(0, shownProblems).map((problem) => `         ${visible(problem)}`);
  if (more > 0) lines.push(`         and ${more} more`);
  return [`WRONG  ${check}`, ...lines].join('\n');
}
