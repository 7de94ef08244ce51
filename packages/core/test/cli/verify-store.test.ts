import { closeSync, openSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import { foldAll } from '../storage/fold-all.ts';
import { kilotoken, storeWith } from './cli-fixture.ts';

/** Calls of several attempts, users and origins; corrections; audio; unknown counts and prices. */
const records: readonly UsageRecord[] = Array.from({ length: 300 }, (_, index) => {
  const { attribution: _someone, ...base } = usageRecord({ id: `record-${index}`, callId: `call-${index % 200}` });
  const isRetried = index < 100;
  return {
    ...base,
    kind: index % 17 === 0 ? 'adjustment' : 'usage',
    origin: isRetried ? 'missing' : index % 5 === 0 ? 'estimated' : 'reported',
    tokens: isRetried ? {} : { inputTokens: index, outputTokens: 3, totalTokens: index + 3, audioSeconds: index / 3 },
    cost: index % 7 === 0 ? { basis: 'unpriced' } : { basis: 'card', picoUsd: index * 8_000_000_000_000 },
    startedAt: new Date(index * 100_000 - 5_000_000),
    attribution: index % 4 === 0 ? {} : { userId: `user-${index % 3}`, tenantId: 'tenant-1' },
  };
});

test('a store that is right passes every check', async () => {
  const { exitCode, stdout, stderr } = await verify(await storeWith(records));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.trimEnd().split('\n')).toEqual([
    'ok     schema version 4',
    'ok     file is whole',
    'ok     300 records, each there once',
    'ok     reported usage once per call',
    'ok     counts and costs possible',
    'ok     totals equal their records',
    'ok     hours equal their records',
  ]);
});

describe('a total that is not the sum of its records', () => {
  test.for<[string, string, string]>([
    [
      'of everything',
      'UPDATE usage_totals SET input_tokens = input_tokens + 1 WHERE scope = 0 AND origin = "reported"',
      'all records: inputTokens is',
    ],
    [
      'of an origin',
      'UPDATE usage_totals SET calls = 1 WHERE scope = 0 AND origin = "reported"',
      'all records, reported: calls is 1,',
    ],
    [
      'of the calls of all origins',
      'UPDATE usage_totals SET whole_calls = whole_calls + 1 WHERE scope = 0 AND origin = "reported"',
      'all records: calls is 201, not 200',
    ],
    [
      'of a user',
      'UPDATE usage_totals SET pico_low = pico_low + 1 WHERE user_id = "user-1" AND origin = "reported"',
      'user "user-1": picoUsd is',
    ],
    [
      'without user',
      'UPDATE usage_totals SET unpriced_calls = 0 WHERE scope = 1',
      'records without user: unpriced calls is 0,',
    ],
    ['that is not there', 'DELETE FROM usage_totals WHERE user_id = "user-2"', 'user "user-2": records is 0,'],
    [
      'without records',
      'UPDATE usage_totals SET user_id = "ghost" WHERE user_id = "user-2"',
      'user "ghost": records is',
    ],
    [
      'of records that were taken away',
      'DELETE FROM usage_records WHERE id = "record-150"',
      'all records: records is 300, not 299',
    ],
  ])('%s is found', async ([, sql, problem]) => {
    const { exitCode, stdout } = await verify(await damaged(sql));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('WRONG  totals equal their records');
    expect(stdout).toContain(problem);
    expect(stdout).toContain('ok     counts and costs possible');
  });
});

describe('an hour that is not the sum of its records', () => {
  test.for<[string, string, string]>([
    ['of everything', 'UPDATE usage_hours SET input_tokens = input_tokens + 1 WHERE scope = 0', 'inputTokens is'],
    [
      'of a user',
      'UPDATE usage_hours SET pico_low = pico_low + 1 WHERE key = "user-1"',
      'user "user-1", reported, hour of',
    ],
    ['of a tenant', 'UPDATE usage_hours SET records = 0 WHERE scope = 3', 'tenant "tenant-1", reported, hour of'],
    ['without user', 'UPDATE usage_hours SET unpriced = 0 WHERE scope = 1', 'records without user, reported, hour of'],
    ['that is not there', 'DELETE FROM usage_hours WHERE key = "user-2"', 'records is 0, not'],
    ['without records', 'UPDATE usage_hours SET key = "ghost" WHERE key = "user-2"', 'user "ghost", missing, hour of'],
    [
      'whose list is too short',
      'UPDATE usage_hours SET seqs = "" WHERE key = "user-1"',
      'records in its list is 0, not',
    ],
    ['whose list has others', 'UPDATE usage_hours SET seqs = "9" || seqs WHERE key = "user-1"', 'sum of its list is'],
  ])('%s is found', async ([, sql, problem]) => {
    const { exitCode, stdout } = await verify(await damaged(sql));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('ok     totals equal their records');
    expect(stdout).toContain('WRONG  hours equal their records');
    expect(stdout).toContain(problem);
  });

  test('may lag behind', async () => {
    const path = await storeWith(records.slice(0, 150));
    await foldAll(path);
    const store = sqliteStore({ path });
    await store.append(records.slice(150));
    await store.close();
    expect((await verify(path)).exitCode).toBe(0);
  });
});

describe('a record that cannot be', () => {
  test.for<[string, string]>([
    ['output_tokens = -1', 'have a negative count'],
    ['output_tokens = 1.5', 'have a count that is no whole number'],
    ['cache_read_input_tokens = input_tokens + 1', 'have a part above its whole'],
    ['reasoning_output_tokens = 100', 'have a part above its whole'],
    ['total_tokens = 5', 'have a total below input and output'],
    [`origin = 'missing'`, 'have counts though none were to be had'],
    ['pico_usd = -1', 'have a negative cost'],
    ['pico_usd = NULL', 'have a cost without a price, or a price without a cost'],
    ['unpriced = 1', 'are marked as priced and are not, or the other way round'],
    ['attempt = 0', 'have an attempt below 1'],
    [`raw_usage = '{'`, 'have usage that is no JSON'],
  ])('because of %s is found and named', async ([change, problem]) => {
    const { exitCode, stdout } = await verify(
      await damaged(`UPDATE usage_records SET ${change} WHERE id = 'record-151'`),
    );
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`1 record ${problem}: "record-151"`);
  });

  test('is counted, not listed without end', async () => {
    const { stdout } = await verify(await damaged(`UPDATE usage_records SET attempt = 0`));
    expect(stdout).toMatch(/300 records have an attempt below 1: ("record-\d+", ){5}\.\.\.\n/);
  });

  test('may be a correction', async () => {
    const { kind, tokens, cost } = {
      kind: 'adjustment',
      tokens: { inputTokens: -5, totalTokens: -5 },
      cost: { basis: 'card', picoUsd: -9 },
    } as const;
    expect((await verify(await storeWith([usageRecord({ kind, tokens, cost })]))).exitCode).toBe(0);
  });
});

test('a record that is there twice is found, whatever the index says', async () => {
  const index = `name = 'sqlite_autoindex_usage_records_1'`;
  const renamed = (from: string, to: string): string =>
    `UPDATE sqlite_schema SET sql = replace(sql, '${from}', '${to}') WHERE name = 'usage_records';`;
  const path = await damaged(`
    CREATE TABLE saved AS SELECT * FROM sqlite_schema WHERE ${index};
    PRAGMA writable_schema = ON;
    ${renamed('id TEXT NOT NULL UNIQUE', 'id TEXT NOT NULL')} DELETE FROM sqlite_schema WHERE ${index};
    PRAGMA writable_schema = RESET;`);
  execute(path, `UPDATE usage_records SET id = 'record-150' WHERE id = 'record-151'`);
  execute(
    path,
    `PRAGMA writable_schema = ON;
     ${renamed(' id TEXT NOT NULL, v', ' id TEXT NOT NULL UNIQUE, v')} INSERT INTO sqlite_schema SELECT * FROM saved;
     PRAGMA writable_schema = RESET;`,
  );
  const { exitCode, stdout } = await verify(path);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('WRONG  file is whole');
  expect(stdout).toContain('record "record-150" is there 2 times');
});

test('a call whose usage was reported twice is found', async () => {
  const { exitCode, stdout } = await verify(
    await storeWith([usageRecord({ id: 'a', callId: 'c' }), usageRecord({ id: 'b', callId: 'c', attempt: 2 })]),
  );
  expect(exitCode).toBe(1);
  expect(stdout).toContain('call "c" has 2 attempts with reported usage');
});

describe('--json', () => {
  test('tells the checks of a store that is right', async () => {
    const { exitCode, stdout, stderr } = await verify(await storeWith(records), '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { check: string; problems: string[] }[] };
    expect(ok).toBe(true);
    expect(checks).toHaveLength(7);
    expect(checks).toContainEqual({ check: '300 records, each there once', problems: [] });
  });

  test('tells every problem, also those that text leaves out', async () => {
    const path = await damaged('DELETE FROM usage_hours');
    const { exitCode, stdout } = await verify(path, '--json');
    expect(exitCode).toBe(1);
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { check: string; problems: string[] }[] };
    expect(ok).toBe(false);
    const [hours, ...others] = checks.filter(({ problems }) => problems.length > 0);
    expect([hours?.check, others]).toEqual(['hours equal their records', []]);
    expect(hours?.problems.length).toBeGreaterThan(20);
    expect((await verify(path)).stdout).toContain(`and ${(hours?.problems.length ?? 0) - 20} more`);
  });
});

test('a damaged file is found', async () => {
  const path = await storeWith(records);
  const file = openSync(path, 'r+');
  for (let page = 3; page < 20; page += 1) writeSync(file, Buffer.alloc(2000, 0xaa), 0, 2000, page * 4096);
  closeSync(file);
  const { exitCode, stdout } = await verify(path);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('WRONG  file');
});

function verify(path: string, ...more: readonly string[]) {
  return kilotoken(['verify', '--store', path, ...more]);
}

async function damaged(sql: string): Promise<string> {
  const path = await storeWith(records);
  await foldAll(path);
  execute(path, sql);
  return path;
}

function execute(path: string, sql: string): void {
  const database = new DatabaseSync(path, { enableDoubleQuotedStringLiterals: true });
  if (typeof database.enableDefensive === 'function') database.enableDefensive(false);
  database.exec(sql);
  database.close();
}
