import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageRecord } from '@kilotoken/core/testing';
import { Long } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { runCli } from '../src/cli/run-cli.ts';
import { mongoForTests } from './mongo-fixture.ts';

const { mongo, fresh } = mongoForTests();

async function run(args: readonly string[], env: Record<string, string> = {}) {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    env,
    out(text) {
      out += text;
    },
    err(text) {
      err += text;
    },
  });
  return { code, out, err };
}

async function appWithUsage() {
  const fixture = fresh();
  await fixture.users.insertMany([{ _id: 'ada' }, { _id: 'bob' }]);
  const store = fixture.open();
  await store.append([
    usageRecord({ id: 'a', attribution: { userId: 'ada' } }),
    usageRecord({ id: 'b', attribution: { userId: 'ada' }, startedAt: new Date('2026-11-23T01:00Z') }),
    usageRecord({ id: 'c', attribution: { userId: 'bob' }, responseModel: 'other' }),
  ]);
  await store.close();
  const at = ['--uri', mongo().uri, '--db', fixture.db.databaseName];
  return { ...fixture, at };
}

describe('kilotoken-mongo', () => {
  it('tells its release', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
      version: string;
    };
    expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('creates the indexes that queries need, twice without harm', async () => {
    const { at, db } = await appWithUsage();
    expect(await run(['indexes', ...at])).toMatchObject({ code: 0 });
    expect(await run(['indexes', ...at, '--json'])).toMatchObject({ code: 0, out: '{"ok":true}\n' });
    expect(await db.collection('kt_ledger').indexes()).toHaveLength(6);
  });

  it('verifies with exit code 0, and with 1 once a user is wrong, until it is rebuilt', async () => {
    const { at, users } = await appWithUsage();
    expect(await run(['verify', ...at])).toMatchObject({ code: 0, out: expect.stringContaining('2 right') });
    await users.updateOne({ _id: 'ada' }, { $inc: { '_kt.s.r.tt': 5, totalTokensUsed: 5 } });
    const verified = await run(['verify', ...at, '--json']);
    expect(verified.code).toBe(1);
    const [wrong, sums] = verified.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(wrong).toMatchObject({ userId: 'ada', state: 'wrong', shown: { totalTokens: '605' } });
    expect(sums).toEqual({ right: 1, balance: 0, wrong: 1, missing: 0 });
    expect(await run(['rebuild', ...at, '--user', 'ada', '--dry-run'])).toMatchObject({ code: 0 });
    expect(await run(['verify', ...at])).toMatchObject({ code: 1 });
    expect(await run(['rebuild', ...at, '--user', 'ada'])).toMatchObject({ code: 0 });
    expect(await run(['verify', ...at, '--user', 'ada'])).toMatchObject({ code: 0 });
  });

  it('says where it looked when no user has records there: a connection string may lack its database', async () => {
    const { uri } = mongo();
    const all = { code: 0, out: expect.stringContaining('0 right'), err: expect.stringContaining('database "test"') };
    expect(await run(['verify', '--uri', uri])).toMatchObject(all);
    const { at } = await appWithUsage();
    expect(await run(['verify', ...at])).toMatchObject({ err: '' });
  });

  it('says what to try when no user has a document', async () => {
    const { at, users } = await appWithUsage();
    const wrong = await run(['verify', ...at, '--object-ids']);
    expect(wrong).toMatchObject({ code: 0, out: expect.stringContaining('2 without a document') });
    expect(wrong.err).toBe('No user has a document: run it without --object-ids, if ids are texts.\n');
    await users.deleteOne({ _id: 'ada' });
    expect(await run(['verify', ...at])).toMatchObject({ err: '' });
    await users.deleteOne({ _id: 'bob' });
    expect((await run(['verify', ...at])).err).toContain('run it with --object-ids, if ids are ObjectIds');
  });

  it('takes a connection string it cannot read for a mistake in the command line, and shows no password', async () => {
    const uri = 'mongodb://user:pass@word@localhost/app';
    const refused = await run(['verify', '--uri', uri]);
    expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^kilotoken-mongo: --uri: /) });
    expect(refused.err).not.toContain('pass');
    expect(await run(['verify'], { MONGODB_URI: 'localhost' })).toMatchObject({ code: 2 });
  });

  it('reports by user, model and day', async () => {
    const { at } = await appWithUsage();
    expect((await run(['report', ...at])).out).toBe(
      [
        'user  calls  input  output  total     USD',
        '----  -----  -----  ------  -----  ------',
        'ada       2    400     200    600  0.0005',
        'bob       1    200     100    300  0.0003',
        '',
      ].join('\n'),
    );
    const models = await run(['report', ...at, '--by', 'model', '--json', '--user', 'bob']);
    expect(JSON.parse(models.out)).toMatchObject({ group: 'other', totalTokens: 300, picoUsd: '250000000' });
    const days = await run(['report', ...at, '--by', 'day', '--time-zone', 'America/New_York']);
    expect(days.out).toContain('2026-11-22');
    expect(days.out).not.toContain('2026-11-23');
    const later = await run(['report', ...at, '--by', 'day', '--from', '2026-11-23', '--to', '2026-11-24']);
    expect(later.out).toMatch(/^2026-11-23 +1 /m);
  });

  it('reads dates in the time zone of the report, and refuses what is no date or zone with exit code 2', async () => {
    const { at } = await appWithUsage();
    const day = ['report', ...at, '--by', 'day', '--time-zone', 'Asia/Kolkata', '--json'];
    // Begins at 18:30 of the day before in UTC, so both days of the records are one there.
    const found = await run([...day, '--from', '2026-11-22', '--to', '2026-11-24']);
    expect(found.out.trim().split('\n')).toHaveLength(2);
    expect((await run([...day, '--from', '2026-11-23'])).out).toContain('"calls":1');
    expect((await run([...day, '--from', '2026-11-23T01:00:00Z'])).out).toContain('"calls":1');
    for (const wrong of ['11/22/2026', '2026-02-31', '2026-11-22T10:00', 'today']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await run([...day, '--from', wrong])).toMatchObject({ code: 2, out: '' });
    }
    expect(await run(['report', ...at, '--time-zone', 'Mars/Base'])).toMatchObject({ code: 2, out: '' });
  });

  it('shows ids that hold signs for the terminal, wide letters, and costs nobody knows', async () => {
    const { at, open, users } = await appWithUsage();
    await users.insertMany([{ _id: '\u001B[31mred\n' }]);
    const store = open();
    await store.append([
      usageRecord({ id: 'd', attribution: { userId: '\u001B[31mred\n' }, cost: { basis: 'unpriced' } }),
      usageRecord({ id: 'e', attribution: { userId: '日本' } }),
    ]);
    await store.close();
    const { out } = await run(['report', ...at]);
    expect(out).toContain('\uFFFD[31mred\uFFFD      1    200     100    300       –\n');
    expect(out).toContain('\n日本           1    200     100    300  0.0003\n');
    expect((await run(['verify', ...at])).out).toContain('missing: user "日本"');
    await users.deleteOne({ _id: '\u001B[31mred\n' });
    expect((await run(['verify', ...at])).out).toContain('missing: user "\uFFFD[31mred\uFFFD"');
  });

  it('verifies and tells of records that wait, also where the counted ones are right', async () => {
    const { at, ledger } = await appWithUsage();
    await ledger.insertOne({ ...(await ledger.findOne({ u: 'ada' })), _id: 'late', n: Long.fromNumber(99) });
    const { code, out } = await run(['verify', ...at]);
    expect(code).toBe(0);
    expect(out).toContain('right: user "ada" shows 600 tokens, the ledger has 600, 1 records not counted yet');
    expect(out).not.toContain('"bob"');
  });

  it('backfills and repairs, and changes nothing in a dry run', async () => {
    const { at, users, messages, ledger } = await appWithUsage();
    await messages.insertOne({ _id: 'm', userId: 'bob', totalTokens: 7 });
    await users.insertOne({ _id: 'eve', totalTokensUsed: '5' });
    expect((await run(['repair', ...at, '--dry-run'])).out).toContain('totalTokensUsed: 1 would be repaired');
    expect((await run(['repair', ...at])).code).toBe(0);
    const dry = await run(['backfill', ...at, '--dry-run', '--json']);
    expect(JSON.parse(dry.out)).toMatchObject({ messages: 1, rows: 1, users: 3 });
    expect(await ledger.countDocuments()).toBe(3);
    expect(await run(['backfill', ...at])).toMatchObject({ code: 0, err: expect.stringContaining('"messages":1') });
    expect(await run(['verify', ...at])).toMatchObject({ code: 0, out: expect.stringContaining('3 right') });
    expect(await users.findOne({ _id: 'bob' })).toMatchObject({ totalTokensUsed: 300 });
  });

  it.for([
    [[], 'no command'],
    [['explode'], 'unknown command "explode"'],
    [['verify'], 'MONGODB_URI'],
    [['rebuild', '--uri', 'mongodb://x'], 'rebuild needs --user'],
    [['report', '--uri', 'mongodb://x', '--by', 'colour'], '--by must be one of'],
    [['report', '--uri', 'mongodb://x', '--from', 'soon'], '--from is a date'],
    [['verify', '--colour'], "'--colour'"],
    [['backfill', '--uri', 'mongodb://localhost', '--object-ids', '--after', 'm1'], '"m1" is no ObjectId'],
  ] as const)('says what is wrong with %j, with exit code 2', async ([args, problem]) => {
    const { code, err } = await run(args);
    expect([code, err]).toEqual([2, expect.stringContaining(problem)]);
  });

  it('helps without a database, and says so when there is none, with exit code 3', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Usage:') });
    const env = { MONGODB_URI: 'mongodb://127.0.0.1:1/app?serverSelectionTimeoutMS=200' };
    expect(await run(['verify'], env)).toMatchObject({ code: 3, err: expect.stringContaining('kilotoken-mongo:') });
  });
});
