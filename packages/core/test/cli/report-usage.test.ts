import { describe, expect, test } from 'vitest';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { kilotoken, storeWith } from './cli-fixture.ts';
import type { CliSurroundings } from './cli-fixture.ts';

/** Four calls in five records: Ann paid twice (once after a retry), Bob's model has no price, one is nobody's. */
const records: readonly UsageRecord[] = [
  usageRecord({ id: 'a', ...by('ann'), tokens: counts(1_200_000, 34_567), cost: usd(1_234_000_000_000_001) }),
  usageRecord({ id: 'b', ...by('ann'), callId: 'retried', origin: 'missing', tokens: {}, cost: { basis: 'unpriced' } }),
  usageRecord({
    id: 'c',
    ...by('ann'),
    callId: 'retried',
    attempt: 2,
    tokens: counts(1000, 0),
    cost: usd(5_000_000_000),
  }),
  usageRecord({
    id: 'd',
    ...by('bob'),
    startedAt: new Date('2026-11-22T18:40:00Z'),
    requestModel: 'llama',
    responseModel: 'llama',
    origin: 'estimated',
    tokens: counts(0, 50),
    cost: { basis: 'unpriced' },
  }),
  usageRecord({
    id: 'e',
    attribution: { tenantId: 'acme' },
    startedAt: new Date('2026-11-25T10:00:00Z'),
    tokens: counts(10, 10),
    cost: usd(0),
  }),
];

describe('a report', () => {
  test('is a table with exact costs, the origins and a chart', async () => {
    expect(await report(['--by', 'user'])).toBe(`Usage by user, all time (UTC)

User       Calls      Input  Output     Tokens            Cost, USD
-------------------------------------------------------------------
ann            2  1,201,000  34,567  1,235,567  1,234.005000000001
bob            1          0      50         50            unpriced*
(no user)      1         10      10         20      0.000000000000
-------------------------------------------------------------------
Total          4  1,201,010  34,627  1,235,637  1,234.005000000001*
* 1 call has tokens and no known price: the cost is a lower bound.

Counts are  Calls     Tokens   Share
reported        3  1,235,587  100.0%
estimated       1         50    0.0%
missing         1          0    0.0%

Tokens by user
ann        ##########################################################  1,235,567
bob        #                                                                  50
(no user)  #                                                                  20
`);
  });

  test('shows cents where nobody needs more places', async () => {
    const path = await storeWith([usageRecord({ cost: usd(1_500_000_000_000) })]);
    const { stdout } = await kilotoken(['report', '--store', path]);
    expect(stdout).toMatch(/^2026-11-22 +1 +200 +100 +300 +1\.50$/m);
  });

  test('has a row per day of the time zone, in order', async () => {
    const days = async (zone: string) =>
      (await report(['--time-zone', zone])).match(/^2026-\d\d-\d\d +\d+ /gm)?.map((line) => line.replace(/ +/g, ' '));
    expect(await days('UTC')).toEqual(['2026-11-22 3 ', '2026-11-25 1 ']);
    expect(await days('Asia/Kolkata')).toEqual(['2026-11-22 2 ', '2026-11-23 1 ', '2026-11-25 1 ']);
  });

  test('has a row per month of the time zone, in order, with the sums of its days', async () => {
    const path = await storeWith([
      usageRecord({ id: 'a', startedAt: new Date('2025-12-31T18:29:59.999Z'), tokens: counts(1, 0) }),
      usageRecord({ id: 'b', callId: 'b', startedAt: new Date('2025-12-31T18:30:00Z'), tokens: counts(2, 0) }),
      usageRecord({ id: 'c', callId: 'c', startedAt: new Date('2026-03-15T00:00:00Z'), tokens: counts(4, 0) }),
      usageRecord({ id: 'd', callId: 'd', startedAt: new Date('2026-03-17T00:00:00Z'), tokens: counts(8, 0) }),
    ]);
    const months = async (...args: string[]) =>
      (await kilotoken(['report', '--store', path, '--by', 'month', '--csv', ...args])).stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(',').slice(0, 3).join(' '));
    expect(await months()).toEqual(['month calls inputTokens', '2025-12 2 3', '2026-03 2 12']);
    const kolkata = ['month calls inputTokens', '2025-12 1 1', '2026-01 1 2', '2026-03 2 12'];
    expect(await months('--time-zone', 'Asia/Kolkata')).toEqual(kolkata);
    // The first day of a month may lie in another one elsewhere.
    expect(await months('--time-zone', 'America/St_Johns', '--from', '2026-01-01')).toEqual([
      'month calls inputTokens',
      '2026-03 2 12',
    ]);
    const { stdout } = await kilotoken(['report', '--store', path, '--by', 'month']);
    expect(stdout).toMatch(/^Usage by month, all time \(UTC\)\n\nMonth +Calls/);
    expect(stdout).toMatch(/^Tokens by month\n2025-12 +#+ +3$/m);
  });

  test.for<[string, string[], string[]]>([
    ['model', ['gpt-5-mini-2026-08-07', 'llama'], ['--by', 'model']],
    ['tenant', ['(no tenant)', 'acme'], ['--by', 'tenant']],
    ['biggest user', ['ann'], ['--by', 'user', '--top', '1']],
  ])('has a row per %s', async ([, labels, args]) => {
    const shown = (await report(args)).match(/^(\S+|\(no \w+\))(?= +\d.*[\d*]$)/gm);
    expect(shown?.slice(0, labels.length + 1)).toEqual([...labels, 'Total']);
  });

  test('says how many rows it leaves out', async () => {
    expect(await report(['--by', 'user', '--top', '1'])).toContain('\nand 2 more, in the total; --top 3 shows all\n');
  });

  test('is about the calls that started between two dates of the time zone', async () => {
    const calls = async (...args: string[]) =>
      (JSON.parse(await report(['--json', ...args])) as { totals: { calls: number } }).totals.calls;
    expect(await calls('--from', '2026-11-23')).toBe(1);
    expect(await calls('--to', '2026-11-23')).toBe(3);
    expect(await calls('--to', '2026-11-23', '--time-zone', 'Asia/Kolkata')).toBe(2);
    expect(await calls('--from', '2026-11-25T10:00:00Z', '--to', '2026-11-25T15:30:00.001+05:30')).toBe(1);
    expect(await calls('--from', '2026-11-25T10:00:00.001Z')).toBe(0);
    expect(await calls('--from', '2026-11-23', '--time-zone', 'Pacific/Kiritimati')).toBe(4);
    expect(await calls('--from', '2026-11-24', '--time-zone', 'Pacific/Kiritimati')).toBe(1);
    expect(await calls('--to', '2026-11-22', '--time-zone', 'Etc/GMT+12')).toBe(3 - 1);
    expect(await report(['--to', '2026-11-22T12:00:00Z'])).toMatch(/^2026-11-22 +2 /m);
    expect(await report(['--from', '2026-11-23', '--time-zone', 'Asia/Kolkata'])).toMatch(
      /^Usage by day, from 2026-11-23 \(Asia\/Kolkata\)\n/,
    );
  });

  test('of nothing says so', async () => {
    expect(await report(['--from', '2030-01-01'])).toBe('No usage from 2030-01-01 (UTC).\n');
  });

  test('cannot be made to steer the terminal', async () => {
    const path = await storeWith([usageRecord(by('\u001b[2Jann\r\nTotal\u202e'))]);
    const { stdout } = await kilotoken(['report', '--store', path, '--by', 'user']);
    expect(stdout).toContain('\ufffd[2Jann\ufffd\ufffdTotal\ufffd');
    for (const character of ['\u001b', '\r', '\u202e']) expect(stdout).not.toContain(character);
  });
});

describe('the width', () => {
  const long = 'a-user-with-a-name-that-is-longer-than-any-line-of-40-columns';

  test.for([40, 60, 80, 132])('of %i columns is kept', async (columns) => {
    const path = await storeWith([
      ...records,
      usageRecord({ id: 'f', ...by(long) }),
      usageRecord({ id: 'g', ...by('日本語'.repeat(9)) }),
    ]);
    for (const split of ['user', 'day', 'model', 'tenant']) {
      const { stdout } = await kilotoken(
        ['report', '--store', path, '--by', split, '--from', '2020-01-01', '--top', '2'],
        {
          terminal: { columns },
        },
      );
      const widths = plain(stdout)
        .split('\n')
        .map((line) => line.replace(/[\u3000-\u9fff]/g, 'xx').length);
      expect(Math.max(...widths), `${split} in ${columns}`).toBeLessThanOrEqual(columns);
      expect(stdout).toContain('1,236,237');
    }
  });

  test('is COLUMNS in a pipe, and 80 where that is not set', async () => {
    const widest = async (env: Record<string, string>) =>
      Math.max(...(await report(['--by', 'user'], { env })).split('\n').map((line) => line.length));
    expect(await widest({ COLUMNS: '100' })).toBe(100);
    expect(await widest({})).toBe(80);
    expect(await widest({ COLUMNS: 'wide' })).toBe(80);
  });

  test('never takes the digits of a number', async () => {
    const text = await report(['--by', 'user'], { terminal: { columns: 30 } });
    expect(text).toContain('1,234.005000000001');
  });
});

describe('a terminal', () => {
  test('gets colours and blocks, and without colours the same text', async () => {
    const colourful = await report([], { terminal: { columns: 80 } });
    expect(colourful).toContain('\u001b[1m');
    expect(colourful).toContain('█');
    const plainText = await report([], { terminal: { columns: 80 }, env: { NO_COLOR: '1' } });
    expect(plainText).not.toContain('\u001b');
    expect(plainText).toBe(plain(colourful));
  });

  test.for([{ TERM: 'dumb' }, { LANG: 'C' }])('that is old (%j) gets ASCII', async (env) => {
    const text = await report(['--by', 'user'], { terminal: { columns: 40 }, env: { ...env, NO_COLOR: '1' } });
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

describe('for programs', () => {
  test('JSON has the exact sums, and no cost where none is known', async () => {
    const document = JSON.parse(
      await report(['--json', '--by', 'user', '--from', '2026-11-01', '--top', '1']),
    ) as unknown;
    const { tokens: none, ...unknown } = { tokens: counts(0, 50), calls: 1, unpricedCalls: 1 };
    expect(document).toEqual({
      by: 'user',
      from: '2026-11-01T00:00:00.000Z',
      timeZone: 'UTC',
      rows: [
        {
          userId: 'ann',
          calls: 2,
          tokens: counts(1_201_000, 34_567),
          picoUsd: '1234005000000001',
          costUsd: '1234.005000000001',
          unpricedCalls: 0,
        },
        { userId: 'bob', tokens: none, ...unknown },
        { calls: 1, tokens: counts(10, 10), picoUsd: '0', costUsd: '0', unpricedCalls: 0 },
      ],
      totals: {
        calls: 4,
        tokens: counts(1_201_010, 34_627),
        picoUsd: '1234005000000001',
        costUsd: '1234.005000000001',
        unpricedCalls: 1,
      },
      byOrigin: {
        estimated: { calls: 1, tokens: counts(0, 50), picoUsd: '0', costUsd: '0' },
        missing: { calls: 1, tokens: counts(0, 0), picoUsd: '0', costUsd: '0' },
        reported: {
          calls: 3,
          tokens: counts(1_201_010, 34_577),
          picoUsd: '1234005000000001',
          costUsd: '1234.005000000001',
        },
      },
    });
  });

  test('CSV has a line of names, quotes where needed, and leaves unknown cells empty', async () => {
    const path = await storeWith([...records, usageRecord({ id: 'f', ...by('Smith, "Jo"\nJr') })]);
    const { stdout } = await kilotoken(['report', '--store', path, '--by', 'user', '--csv']);
    expect(stdout).toBe(
      [
        'userId,calls,inputTokens,outputTokens,totalTokens,cacheReadInputTokens,cacheWriteInputTokens,reasoningOutputTokens,audioInputTokens,audioOutputTokens,audioSeconds,costUsd,picoUsd,unpricedCalls',
        'ann,2,1201000,34567,1235567,,,,,,,1234.005000000001,1234005000000001,0',
        '"Smith, ""Jo""\nJr",1,200,100,300,,,,,,,0.00025,250000000,0',
        'bob,1,0,50,50,,,,,,,,,1',
        ',1,10,10,20,,,,,,,0,0,0',
        '',
      ].join('\n'),
    );
  });

  test('CSV has no name that a spreadsheet would run, and leaves numbers with a sign as they are', async () => {
    const names = ['=cmd|calc!A1', '@SUM(1)', '-2+3', '+1-1', '\t=1', '＝1+1', '＠SUM(1)', '+4915112345', '-7', 'a=b'];
    const path = await storeWith(names.map((name, at) => usageRecord({ id: `n${at}`, ...by(name) })));
    const { stdout } = await kilotoken(['report', '--store', path, '--by', 'user', '--csv']);
    const cells = stdout
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(',')[0]);
    const formulas = ["'=cmd|calc!A1", "'@SUM(1)", "'-2+3", "'+1-1", "'\t=1", "'＝1+1", "'＠SUM(1)"];
    expect(new Set(cells)).toEqual(new Set([...formulas, '+4915112345', '-7', 'a=b']));
  });

  test.for([['report', '--by', 'user', '--csv'], ['report', '--by', 'user', '--json'], ['export']])(
    'for programs are as they are in a pipe, and cannot move the cursor of a terminal: %s',
    async (args) => {
      const name = 'ann\u001b[2J\u009b31m';
      const path = await storeWith([usageRecord(by(name))]);
      const [command = '', ...rest] = args;
      const line = [command, '--store', path, ...rest];
      expect((await kilotoken(line)).stdout).toContain('\u009b31m');
      const { stdout } = await kilotoken(line, { terminal: { columns: 80 } });
      for (const control of ['\u001b', '\u009b']) expect(stdout).not.toContain(control);
      expect(stdout).toContain('ann');
      expect(stdout.split('\n').length).toBeGreaterThan(1);
    },
  );
});

test('credits make a negative cost, and no bar', async () => {
  const credit = { kind: 'adjustment', tokens: counts(-300, 0), cost: usd(-1_500_000_000_000) } as const;
  const path = await storeWith([usageRecord({ ...credit, ...by('ann') }), usageRecord({ id: 'b', ...by('bob') })]);
  const { stdout } = await kilotoken(['report', '--store', path, '--by', 'user']);
  expect(stdout).toMatch(/^ann +1 +-300 +0 +-300 +-1\.50000$/m);
  expect(stdout).toMatch(/^ann {2,}-300$/m);
});

async function report(args: readonly string[], surroundings?: CliSurroundings): Promise<string> {
  const { exitCode, stdout, stderr } = await kilotoken(
    ['report', '--store', await storeWith(records), ...args],
    surroundings,
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

function by(userId: string) {
  return { attribution: { userId } };
}

function counts(inputTokens: number, outputTokens: number) {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function usd(picoUsd: number) {
  return { basis: 'card', picoUsd } as const;
}

function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- colours are control characters
  return text.replace(/\u001b\[\d+m/g, '');
}
