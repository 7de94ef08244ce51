import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { usageRecord } from '@kilotoken/core/testing';
import { Long } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { runCli } from '../src/cli/run-cli.ts';
import { mongoForTests } from './mongo-fixture.ts';

const { mongo, fresh } = mongoForTests();

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const stdout = collected();
  const stderr = collected();
  const code = await runCli(args, { env, stdout: stdout.output, stderr: stderr.output });
  return { code, out: stdout.text(), err: stderr.text() };
}

function collected(): { output: Writable; text(): string } {
  let text = '';
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { output, text: () => text };
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
    expect(wrong.err).toBe('No user has a document: run it without --object-ids if ids are strings.\n');
    await users.deleteOne({ _id: 'ada' });
    expect(await run(['verify', ...at])).toMatchObject({ err: '' });
    await users.deleteOne({ _id: 'bob' });
    expect((await run(['verify', ...at])).err).toContain('run it with --object-ids if ids are ObjectIds');
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

  it('reports as comma-separated values, where names are no formulas and an unknown cost is empty', async () => {
    const { at, open, users } = await appWithUsage();
    await users.insertOne({ _id: '=1+1,"x"' });
    const store = open();
    await store.append([
      usageRecord({ id: 'd', attribution: { userId: '=1+1,"x"' }, cost: { basis: 'unpriced' } }),
      usageRecord({ id: 'e', attribution: {}, tokens: { totalTokens: 1, audioSeconds: 2.5 } }),
    ]);
    await store.close();
    const counts = 'inputTokens,outputTokens,totalTokens,cacheReadInputTokens,cacheWriteInputTokens,';
    expect((await run(['report', ...at, '--csv'])).out.split('\n')).toEqual([
      `userId,calls,${counts}reasoningOutputTokens,audioInputTokens,audioOutputTokens,audioSeconds,costUsd,picoUsd`,
      'ada,2,400,200,600,,,,,,,0.0005,500000000',
      `"'=1+1,""x""",1,200,100,300,,,,,,,,`,
      'bob,1,200,100,300,,,,,,,0.00025,250000000',
      ',1,0,0,1,,,,,,2.5,0.00025,250000000',
      '',
    ]);
    expect((await run(['report', ...at, '--csv', '--by', 'month'])).out).toMatch(/^month,calls,.*\n2026-11,5,/);
  });

  it('exports records as JSON lines, of one user, up to a limit and from a cursor on', async () => {
    const { at, open } = await appWithUsage();
    const store = open();
    const stored = [];
    for await (const record of store.records({})) stored.push(record);
    await store.close();
    const all = await run(['export', ...at]);
    expect(all.out).toBe(stored.map((record) => `${JSON.stringify(record)}\n`).join(''));
    expect(all).toMatchObject({ code: 0, err: `3 records, last cursor ${stored.at(-1)?.cursor}\n` });
    const first = await run(['export', ...at, '--limit', '2']);
    const cursor = /last cursor (.+)\n$/.exec(first.err)?.[1] ?? '';
    const rest = await run(['export', ...at, '--after', cursor, '--object-ids']);
    expect(first.out + rest.out).toBe(all.out);
    const mine = await run(['export', ...at, '--user', 'bob']);
    expect(mine.out.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(mine.out)).toMatchObject({ id: 'c', attribution: { userId: 'bob' } });
    expect(await run(['export', ...at, '--after', 'm1'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('after: expected the cursor'),
    });
  });

  it('tells what an erasure waits for where another process works on the roll-ups, or was killed while it did', async () => {
    const { at, db } = await appWithUsage();
    const leaseUntil = new Date(Date.now() + 2500);
    await db
      .collection<{ _id: string; leaseUntil: Date; owner: string }>('kt_rollups')
      .insertOne({ _id: 'state', leaseUntil, owner: 'killed' });
    const { code, err } = await run(['erase', ...at, '--user', 'ada']);
    expect(code).toBe(0);
    expect(err).toMatch(/^Another process is working on the roll-ups\. Waiting until \S+Z at the latest\.\n$/);
  });

  it('erases a user, and says so where no document was found', async () => {
    const { at, users } = await appWithUsage();
    expect(await run(['erase', ...at, '--user', 'ada', '--dry-run'])).toEqual({
      code: 0,
      out: 'user "ada" has 2 records\n',
      err: '',
    });
    expect(await run(['export', ...at, '--user', 'ada'])).toMatchObject({ err: expect.stringMatching(/^2 records/) });
    expect(await run(['erase', ...at, '--user', 'ada'])).toEqual({
      code: 0,
      out: 'user "ada" is erased: 2 records kept without a user\n',
      err: '',
    });
    expect(await run(['export', ...at, '--user', 'ada'])).toMatchObject({ out: '', err: '0 records\n' });
    expect(await users.findOne({ _id: 'ada' })).toMatchObject({ totalTokensUsed: 0 });
    expect((await run(['verify', ...at])).out).toMatch(/^1 right, 0 with totals from elsewhere, 0 wrong/);
    const json = await run(['erase', ...at, '--user', 'bob', '--object-ids', '--json']);
    expect(JSON.parse(json.out)).toEqual({ userId: 'bob', records: 1, hasDocument: false, dryRun: false });
    expect(json.err).toBe('No document of the user was found: run it without --object-ids if ids are strings.\n');
    expect(await users.findOne({ _id: 'bob' })).toMatchObject({ totalTokensUsed: 300 });
    // The advice is all there is to do.
    expect(await run(['erase', ...at, '--user', 'bob'])).toMatchObject({ code: 0, err: '' });
    expect(await users.findOne({ _id: 'bob' })).toMatchObject({ totalTokensUsed: 0 });
  });

  it('ends in peace when the reader of an export has gone', async () => {
    const { at } = await appWithUsage();
    const gone = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const stderr = collected();
    expect(await runCli(['export', ...at], { env: {}, stdout: gone, stderr: stderr.output })).toBe(0);
    expect(stderr.text()).toBe('');
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
    [['erase', '--uri', 'mongodb://x', '--user', ''], 'erase needs --user'],
    [['export', '--uri', 'mongodb://x', '--limit', '-1'], "'--limit'"],
    [['export', '--uri', 'mongodb://x', '--limit', 'ten'], '--limit must be a whole number'],
    [['report', '--uri', 'mongodb://x', '--csv', '--json'], '--json and --csv cannot be combined'],
    [['report', '--uri', 'mongodb://x', '--by', 'colour'], '--by must be one of'],
    [['report', '--uri', 'mongodb://x', '--from', 'soon'], '--from must be a date'],
    [['verify', '--colour'], "'--colour'"],
    [['backfill', '--uri', 'mongodb://localhost', '--object-ids', '--after', 'm1'], '"m1" is not an ObjectId'],
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
