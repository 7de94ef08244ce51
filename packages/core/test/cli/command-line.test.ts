import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { kilotoken, kilotokenProcess, storeWith, temporaryFolder } from './cli-fixture.ts';

const commands = ['report', 'verify', 'export', 'erase'];
/** What a command cannot do without, beside the store. */
const needs: Readonly<Record<string, readonly string[]>> = { erase: ['--user', 'user-1', '--dry-run'] };

describe('help', () => {
  test('tells the commands, on stdout where it was asked for', async () => {
    const { exitCode, stdout, stderr } = await kilotoken(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const command of commands) expect(stdout).toContain(`\n  ${command} `);
  });

  test.for(commands)('of %s names its options and exit codes within 120 columns', async (command) => {
    const { exitCode, stdout } = await kilotoken([command, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Usage: kilotoken /);
    expect(stdout).toContain('--store FILE');
    expect(stdout).toContain('Exit code: 0');
    expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });

  test('is what a command line without command gets, as an error', async () => {
    expect(await kilotoken([])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('Usage:') });
  });
});

test('--version tells the release', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  const expected = { exitCode: 0, stdout: `${version}\n`, stderr: '' };
  expect(await kilotoken(['--version'])).toEqual(expected);
  expect(await kilotokenProcess(['--version'])).toEqual(expected);
});

describe('wrong usage', () => {
  test.for<[string, readonly string[]]>([
    ['unknown command "reprot"', ['reprot']],
    [`Unknown option '--stor'`, ['report', '--stor', 'x']],
    [`Unknown option '--by'`, ['export', '--store', 'x', '--by', 'user']],
    ['--store', ['verify']],
    ['--store', ['report', '--store']],
    [`Unexpected argument 'usage.db'`, ['verify', 'usage.db']],
    ['--by must be one of day, month, user, tenant, model', ['report', '--store', 'x', '--by', 'week']],
    ['--from', ['report', '--store', 'x', '--from', '2026-02-30']],
    ['--to', ['report', '--store', 'x', '--to', 'yesterday']],
    ['--to', ['report', '--store', 'x', '--to', '2026-11-25T10:00:00']],
    ['--time-zone "Mars/Base"', ['report', '--store', 'x', '--time-zone', 'Mars/Base']],
    ['--top', ['report', '--store', 'x', '--top', '0']],
    ['--json and --csv', ['report', '--store', 'x', '--json', '--csv']],
    ['after', ['export', '--store', 'x', '--after', 'yesterday']],
    ['--limit', ['export', '--store', 'x', '--limit', '-1']],
    ['--limit', ['export', '--store', 'x', '--limit=1.5']],
    ['--user is missing', ['erase', '--store', 'x']],
    ['--user is missing', ['export', '--store', 'x', '--user', '']],
  ])('is told with %s', async ([message, args]) => {
    const run = await kilotoken(args);
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe.for(commands)('%s', (command) => {
  test('makes no file where there is none', async () => {
    const path = join(temporaryFolder(), 'typo.db');
    const run = await kilotoken([command, '--store', path, ...(needs[command] ?? [])]);
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('there is no such file') });
    expect(existsSync(path)).toBe(false);
  });

  test('leaves the database of somebody else as it is', async () => {
    const path = join(temporaryFolder(), 'app.db');
    const app = new DatabaseSync(path);
    app.exec('CREATE TABLE users (id TEXT)');
    app.close();
    const before = readFileSync(path);
    const run = await kilotoken([command, '--store', path, ...(needs[command] ?? [])]);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('holds no usage records') });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('leaves a store to the release that wrote it', async () => {
    const path = await storeWith([usageRecord()]);
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    const run = await kilotoken([command, '--store', path, ...(needs[command] ?? [])]);
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('schema version 99') });
  });

  test('leaves nothing beside the store', async () => {
    const path = await storeWith([usageRecord()]);
    expect((await kilotoken([command, '--store', path, ...(needs[command] ?? [])])).exitCode).toBe(0);
    expect(readdirSync(dirname(path))).toEqual(['usage.db']);
  });

  test('reads while an app writes', async () => {
    const path = await storeWith([usageRecord()]);
    const app = new DatabaseSync(path);
    app.exec('BEGIN IMMEDIATE');
    expect((await kilotoken([command, '--store', path, ...(needs[command] ?? [])])).exitCode).toBe(0);
    app.close();
  });

  test('fails where the file is no database', async () => {
    const path = join(temporaryFolder(), 'usage.db');
    writeFileSync(path, 'not a database, but long enough to be read as one'.repeat(50));
    const { exitCode, stdout, stderr } = await kilotoken([command, '--store', path, ...(needs[command] ?? [])]);
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toContain('not a database');
  });
});

test('the process ends with the exit code and prints nothing of its own', async () => {
  const path = await storeWith([usageRecord()]);
  expect(await kilotokenProcess(['verify', '--store', path])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await kilotokenProcess(['verify'])).toMatchObject({ exitCode: 2, stdout: '' });
});
