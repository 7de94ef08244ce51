import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import { expectedTotals, jsonOf } from '../../src/testing/conformance/expected-usage.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { emptyLog } from '../../src/cli/erase/empty-log.ts';
import { rewriteFile } from '../../src/cli/erase/rewrite-file.ts';
import type { Prepare } from '../../src/storage/sqlite/connection.ts';
import { foldAll } from '../storage/fold-all.ts';
import { readAll } from '../read-all.ts';
import { kilotoken, storeWith } from './cli-fixture.ts';

const person = 'eve\u0000@example.com';
const secrets = ['eve', 'diary', 'confession', 'blue-whale', 'chatcmpl-eve', 'req-eve'];

/** Calls with attempts of the person and of nobody, several origins and hours, and one without a price. */
const records: readonly UsageRecord[] = Array.from({ length: 240 }, (_, index) => {
  const { attribution: _someone, ...base } = usageRecord({ id: `record-${index}`, callId: `call-${index % 200}` });
  const isOfPerson = index % 3 === 0;
  return {
    ...base,
    startedAt: new Date(index * 300_000),
    endedAt: new Date(index * 300_000 + 1000),
    attempt: index < 200 ? 1 : 2,
    origin: index >= 200 ? 'missing' : index % 5 === 0 ? 'estimated' : 'reported',
    tokens:
      index >= 200 ? {} : index % 2 === 0 ? { inputTokens: index, totalTokens: index } : { audioSeconds: index / 4 },
    cost: index % 7 === 0 ? { basis: 'unpriced' } : { basis: 'card', picoUsd: index * 8_000_000_000_000 },
    ...(isOfPerson ? { responseId: `chatcmpl-eve-${index}`, requestId: `req-eve-${index}` } : {}),
    attribution: isOfPerson
      ? {
          userId: person,
          tenantId: 't1',
          conversationId: 'diary',
          messageId: 'confession',
          tags: { pet: 'blue-whale' },
        }
      : index % 3 === 1
        ? {}
        : { userId: 'bob', tenantId: 't1', conversationId: 'c1' },
  };
});
const erased = records.map((record) => withoutPerson(record));

function withoutPerson(record: UsageRecord): UsageRecord {
  if (record.attribution.userId !== person) return record;
  const { responseId: _response, requestId: _request, ...rest } = record;
  return { ...rest, attribution: { tenantId: 't1' } };
}

describe.for([0, 120, 240])('erase, where %d of 240 records are in hours', (folded) => {
  test('leaves records without a user, and every sum as it should be', async () => {
    const path = await storeWith(records.slice(0, folded));
    if (folded > 0) await foldAll(path);
    const before = sqliteStore({ path });
    await before.append(records.slice(folded));
    await before.close();
    expect(await kilotoken(['erase', '--store', path, '--user', person, '--dry-run'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('has 80 records'),
    });
    const { exitCode, stdout, stderr } = await kilotoken(['erase', '--store', path, '--user', person]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('is erased: 80 records kept without a user');
    expect((await kilotoken(['verify', '--store', path])).exitCode).toBe(0);
    const store = sqliteStore({ path });
    const half = { from: new Date(1_800_001), to: new Date(60_000_001) };
    for (const owner of [{}, { userId: person }, { userId: 'bob' }, { userId: null }, { tenantId: 't1' }]) {
      for (const query of [owner, { ...owner, ...half }]) {
        // oxlint-disable-next-line no-await-in-loop -- one question after the other
        expect(jsonOf(await store.totals(query)), JSON.stringify(query)).toEqual(expectedTotals(erased, query));
      }
    }
    expect(jsonOf((await readAll(store.records({}))).map(({ cursor: _cursor, ...record }) => record))).toEqual(
      jsonOf(erased),
    );
    // What is handed in again is still known.
    expect(await store.append(records)).toEqual({ inserted: 0, duplicates: 240 });
    await store.close();
    expect(secretsIn(path)).toEqual([]);
  });
});

test('what another process has collected for the hours does not bring the person back', async () => {
  const path = await storeWith([]);
  const app = sqliteStore({ path });
  await app.append(records);
  expect((await kilotoken(['erase', '--store', path, '--user', person])).exitCode).toBe(0);
  const others = Array.from({ length: 3000 }, (_, index) => usageRecord({ id: `later-${index}` }));
  await app.append(others);
  await app.close();
  expect(await kilotoken(['verify', '--store', path])).toMatchObject({ exitCode: 0 });
  expect(secretsIn(path)).toEqual([]);
});

test('a user nobody knows changes nothing', async () => {
  const path = await storeWith(records);
  const { exitCode, stdout } = await kilotoken(['erase', '--store', path, '--user', 'nobody']);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: 'user "nobody" is erased: 0 records kept without a user\n',
  });
  expect((await kilotoken(['verify', '--store', path])).exitCode).toBe(0);
});

test('a reader who keeps old pages in the log is told of', async () => {
  const path = await storeWith([]);
  const app = sqliteStore({ path });
  await app.append(records);
  const reader = new DatabaseSync(path);
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM usage_records').get();
  const run = await kilotoken(['erase', '--store', path, '--user', person]);
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('run erase again') });
  reader.exec('COMMIT');
  reader.close();
  expect((await kilotoken(['erase', '--store', path, '--user', person])).exitCode).toBe(0);
  await app.close();
  expect(secretsIn(path)).toEqual([]);
}, 30_000);

test('without a rewrite nothing of the person is in the records, and the file is not written anew', async () => {
  const path = await storeWith(records);
  const lay = new DatabaseSync(path);
  // What others have taken out leaves pages that a rewrite would give back.
  lay.exec(
    'CREATE TABLE filler (x); INSERT INTO filler SELECT hex(zeroblob(2000)) FROM usage_records; DROP TABLE filler',
  );
  lay.close();
  const before = statSync(path).size;
  expect(await kilotoken(['erase', '--store', path, '--user', person, '--no-rewrite'])).toMatchObject({ exitCode: 0 });
  expect(statSync(path).size).toBeGreaterThanOrEqual(before);
  expect((await kilotoken(['export', '--store', path, '--user', person])).stdout).toBe('');
  expect((await kilotoken(['verify', '--store', path])).exitCode).toBe(0);
  // Later the file can still be written anew, also where no record is left to be erased.
  expect(await kilotoken(['erase', '--store', path, '--user', person])).toMatchObject({ exitCode: 0 });
  expect(statSync(path).size).toBeLessThan(before);
  expect(secretsIn(path)).toEqual([]);
});

test('no app moves the log of the rewrite into the file, and none is left to be moved behind it', async () => {
  const path = await storeWith(records);
  const database = new DatabaseSync(path);
  const app = new DatabaseSync(path);
  const moved = () => app.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
  const meanwhile: unknown[] = [];
  const rewritten = {
    exec(sql: string) {
      const before = Number(moved()?.['log']);
      database.exec(sql);
      app.exec('CREATE TABLE of_the_app (x)');
      const { log, checkpointed } = moved() ?? {};
      meanwhile.push(Number(log) > before + 3, Number(checkpointed) <= before);
    },
  } as DatabaseSync;
  rewriteFile((sql) => database.prepare(sql), rewritten);
  expect(meanwhile).toEqual([true, true]);
  const { busy, log, checkpointed } = moved() ?? {};
  expect({ busy, left: Number(log) - Number(checkpointed) }).toEqual({ busy: 0, left: 0 });
  for (const opened of [app, database]) opened.close();
});

test('a file for which SQLite keeps no log is written anew as well', async () => {
  const path = await storeWith(records);
  const lay = new DatabaseSync(path);
  lay.exec('PRAGMA journal_mode = DELETE');
  lay.close();
  expect(await kilotoken(['erase', '--store', path, '--user', person])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(secretsIn(path)).toEqual([]);
}, 30_000);

test('the log is emptied as soon as an app that moves it itself lets go of it', async () => {
  const answers = [1, 1, 0];
  const prepare = (() => ({ get: () => ({ busy: answers.shift() }) })) as unknown as Prepare;
  expect(await emptyLog(prepare)).toBe(true);
  expect(answers).toEqual([]);
  const never = (() => ({ get: () => ({ busy: 1 }) })) as unknown as Prepare;
  expect(await emptyLog(never, 120)).toBe(false);
});

test('a file of a newer release is left to it', async () => {
  const path = await storeWith(records);
  const newer = new DatabaseSync(path);
  const version = Number(newer.prepare('PRAGMA user_version').get()?.['user_version']);
  newer.exec(`PRAGMA user_version = ${version + 1}`);
  newer.close();
  const run = await kilotoken(['erase', '--store', path, '--user', person]);
  expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('newer release') });
});

/** Which of the person's words are left in the bytes of the store. */
function secretsIn(path: string): string[] {
  const folder = dirname(path);
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  return secrets.filter((secret) => bytes.some((content) => content.includes(secret)));
}
