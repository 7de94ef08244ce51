import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createJournal } from '../../../src/recording/journal/create-journal.ts';
import type { Journal } from '../../../src/recording/journal/journal.ts';
import type { UsageRecord } from '../../../src/recording/usage-record.ts';
import { usageRecord } from '../../../src/testing/usage-record-builder.ts';
import { filesOf, idsOf, journalPath, openJournal, replayAll, replayIds } from './journal-fixture.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const full: Required<UsageRecord> = {
  ...usageRecord(),
  firstChunkAt: new Date('2026-11-22T10:00:00.123Z'),
  startedAt: new Date(-62_198_755_200_001),
  endedAt: new Date(8.64e15),
  requestModel: 'gpt-5-mini',
  responseModel: 'модель 模型 \u{1F600} \uD800 "\\\n\u2028',
  serviceTier: 'flex',
  responseId: 'chatcmpl-1',
  requestId: 'req_1',
  tokens: {
    inputTokens: 0,
    outputTokens: Number.MAX_SAFE_INTEGER,
    totalTokens: 3,
    cacheReadInputTokens: 4,
    cacheWriteInputTokens: 5,
    reasoningOutputTokens: 6,
    audioInputTokens: 7,
    audioOutputTokens: 8,
    audioSeconds: 9.25,
  },
  cost: { picoUsd: -1, basis: 'provider', computedPicoUsd: 2, cardId: 'c', priceVersion: 'p' },
  attribution: {
    userId: 'u',
    tenantId: 't',
    conversationId: 'c',
    messageId: 'm',
    tags: JSON.parse('{"__proto__":"kept"}') as Record<string, string>,
  },
  rawUsage: { prompt_tokens: 1, startedAt: '2026-11-22', nested: [null, { deep: 0.1 }] },
};

it('gives back every field of a record as it was, instants to the millisecond', async () => {
  const path = journalPath();
  const first = openJournal(path);
  const bare = usageRecord({ id: 'bare', attribution: {}, tokens: {} });
  first.append(full);
  first.append(bare);
  first.close();
  const [replayed, replayedBare, ...others] = await replayAll(openJournal(path));
  expect(replayed).toStrictEqual(full);
  expect(Object.hasOwn(replayed?.attribution.tags ?? {}, '__proto__')).toBe(true);
  expect(replayedBare).toStrictEqual(bare);
  expect(others).toEqual([]);
});

it('gives back an invalid date as an invalid date, for the store to refuse', async () => {
  const path = journalPath();
  const first = openJournal(path);
  first.append(usageRecord({ startedAt: new Date(Number.NaN) }));
  first.close();
  const [replayed] = await replayAll(openJournal(path));
  expect(replayed?.startedAt.getTime()).toBeNaN();
});

it('touches no file when it is made, and makes no folder when it replays', async () => {
  const path = journalPath();
  const journal = openJournal(path);
  expect(existsSync(dirname(path))).toBe(false);
  expect(await replayIds(journal)).toEqual([]);
  expect(journal.readBack(10)).toEqual([]);
  journal.settle(['unknown']);
  expect(existsSync(dirname(path))).toBe(false);
  journal.close();
  expect(existsSync(dirname(path))).toBe(false);
  expect(journal.errors).toEqual([]);
});

it('keeps its folder and its files from other users', () => {
  const path = journalPath();
  const umask = process.umask(0);
  try {
    openJournal(path).append(usageRecord());
  } finally {
    process.umask(umask);
  }
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(filesOf(path).length).toBe(2);
  for (const file of filesOf(path)) expect(statSync(join(path, file)).mode & 0o777).toBe(0o600);
});

it('leaves an empty folder when all is settled before it closes', () => {
  const path = journalPath();
  const journal = openJournal(path);
  for (const id of ['a', 'b']) journal.append(usageRecord({ id }));
  expect(journal.stats()).toEqual({ unsettled: 2, spilled: 0 });
  journal.settle(['a', 'unknown']);
  journal.settle(['b', 'a']);
  expect(journal.stats()).toEqual({ unsettled: 0, spilled: 0 });
  journal.close();
  journal.close();
  expect(filesOf(path)).toEqual([]);
});

it('keeps what is not settled at close for the next process', async () => {
  const path = journalPath();
  const journal = openJournal(path);
  for (const id of ['a', 'b']) journal.append(usageRecord({ id }));
  journal.settle(['a']);
  journal.close();
  expect(await replayIds(openJournal(path))).toContain('b');
  expect(filesOf(path)).toEqual([]);
});

it('forgets a record that is settled after close', async () => {
  const path = journalPath();
  const journal = openJournal(path);
  journal.append(usageRecord({ id: 'late' }));
  journal.close();
  journal.settle(['late']);
  expect(await replayIds(openJournal(path))).toEqual([]);
  expect(filesOf(path)).toEqual([]);
});

it('writes a record that is unsettled already only once', async () => {
  const path = journalPath();
  const journal = openJournal(path);
  journal.append(usageRecord({ id: 'same' }));
  journal.append(usageRecord({ id: 'same' }));
  journal.close();
  expect(await replayIds(openJournal(path))).toEqual(['same']);
});

it('refuses a record that JSON cannot carry, and takes the next one', async () => {
  const path = journalPath();
  const journal = openJournal(path);
  expect(() => journal.append(usageRecord({ id: 'bad', rawUsage: 1n }))).toThrow(
    expect.objectContaining({ code: 'record_rejected' }),
  );
  journal.append(usageRecord({ id: 'good' }));
  journal.close();
  expect(await replayIds(openJournal(path))).toEqual(['good']);
});

it('writes to where its relative path was when it was made', async () => {
  const path = journalPath();
  mkdirSync(dirname(path), { recursive: true });
  const { cwd } = process;
  const spy = vi.spyOn(process, 'cwd').mockReturnValue(dirname(path));
  const journal = openJournal('journal');
  spy.mockImplementation(cwd);
  journal.append(usageRecord({ id: 'a' }));
  journal.close();
  expect(await replayIds(openJournal(path))).toEqual(['a']);
});

it('begins anew where somebody deletes the folder under it', async () => {
  const path = journalPath();
  const journal = openJournal(path);
  journal.append(usageRecord({ id: 'gone' }));
  rmSync(path, { recursive: true });
  journal.append(usageRecord({ id: 'after' }));
  const other = openJournal(path);
  expect(await replayIds(other)).toEqual(['after']);
  expect(filesOf(path, '.journal').length).toBe(1);
  journal.settle(['gone', 'after']);
  journal.close();
  expect(filesOf(path)).toEqual([]);
  expect(journal.errors).toEqual([]);
});

it('takes and gives nothing after close', async () => {
  const path = journalPath();
  const dead = openJournal(path);
  dead.append(usageRecord());
  dead.close();
  const journal = openJournal(path);
  journal.close();
  const closed = expect.objectContaining({ code: 'closed' }) as unknown as Error;
  expect(() => journal.append(usageRecord())).toThrow(closed);
  expect(() => journal.spill(usageRecord())).toThrow(closed);
  expect(await replayIds(journal)).toEqual([]);
  expect(journal.readBack(1)).toEqual([]);
});

it('loses nothing with fsync', async () => {
  const path = journalPath();
  const journal = openJournal(path, { fsync: true });
  for (let index = 0; index < 20; index += 1) journal.append(usageRecord({ id: `r${index}` }));
  journal.close();
  expect((await replayIds(openJournal(path))).length).toBe(20);
});

it.each([
  [undefined, 'expected { path }'],
  [{ path: '' }, 'path'],
  [{ path: 'x', maxSegmentBytes: 1023 }, 'maxSegmentBytes'],
  [{ path: 'x', maxSegmentBytes: 2048.5 }, 'maxSegmentBytes'],
  [{ path: 'x', fsync: 1 }, 'fsync'],
  [{ path: 'x', ephemeral: 'yes' }, 'ephemeral'],
  [{ path: 'x', folder: 'y' }, 'unknown option "folder"'],
])('refuses the options %j with their name', (options, text) => {
  expect(() => createJournal(options as never, () => {})).toThrow(
    expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(text) as string }),
  );
});

it.each(['VERCEL', 'AWS_LAMBDA_FUNCTION_NAME'])('asks for ephemeral: true where %s is set', (variable) => {
  vi.stubEnv(variable, '1');
  const path = journalPath();
  expect(() => openJournal(path)).toThrow(expect.objectContaining({ code: 'invalid_options' }));
  openJournal(path, { ephemeral: true }).append(usageRecord());
  expect(filesOf(path, '.journal').length).toBe(1);
});

it('does not mix up the records of two journals of one process', async () => {
  const path = journalPath();
  const [one, two] = [openJournal(path), openJournal(path)];
  one.append(usageRecord({ id: 'one' }));
  two.append(usageRecord({ id: 'two' }));
  expect(idsOf(await replayAll(one))).toEqual(['two']);
  one.settle(['one', 'two']);
  one.close();
  expect(await replayIds(openJournal(path))).toEqual(['two']);
});

it('gives back what was foreseen of a record that never came, and of no other', async () => {
  const path = journalPath();
  const first = openJournal(path);
  for (const id of ['came', 'open']) first.foresee(usageRecord({ id, origin: 'missing' }));
  first.append(usageRecord({ id: 'came', origin: 'drained' }));
  first.append(usageRecord({ id: 'other' }));
  const beside = openJournal(path);
  expect(await replayIds(beside)).toEqual(['came', 'other']);
  first.close();
  const replayed = await replayAll(beside);
  expect(replayed.map(({ id, origin }) => `${id} ${origin}`)).toEqual([
    'came drained',
    'other reported',
    'open missing',
  ]);
  expect(filesOf(path, '.journal')).toEqual([]);
});

describe('a record that was foreseen is replayed as it came', () => {
  const known = usageRecord({ id: 'left', origin: 'missing' });
  const came = usageRecord({ id: 'left', origin: 'drained' });

  it.for<readonly [string, (journal: Journal) => void]>([
    [
      'to a later file',
      (journal) => {
        journal.append(usageRecord({ id: 'beside' }));
        journal.foresee(known);
        journal.append(usageRecord({ id: 'long', rawUsage: 'x'.repeat(2000) }));
        journal.append(came);
      },
    ],
    [
      'to the spilled ones, whose file is older',
      (journal) => {
        journal.spill(usageRecord({ id: 'older' }));
        journal.foresee(known);
        journal.spill(came);
      },
    ],
    [
      'to the spilled ones, and was read back',
      (journal) => {
        journal.foresee(known);
        journal.spill(came);
        journal.readBack(1);
      },
    ],
  ])('%s', async ([, come]) => {
    const path = journalPath();
    const journal = openJournal(path, { maxSegmentBytes: 2048 });
    come(journal);
    journal.close();
    const replayed = (await replayAll(openJournal(path))).filter(({ id }) => id === 'left');
    expect(replayed.map(({ origin }) => origin)).toEqual(['drained']);
    expect(filesOf(path)).toEqual([]);
  });
});

it('needs no file for a record that was foreseen, came and is settled', () => {
  const path = journalPath();
  const journal = openJournal(path, { maxSegmentBytes: 1024 });
  for (let at = 0; at < 20; at += 1) journal.foresee(usageRecord({ id: `r${at}`, origin: 'missing' }));
  for (let at = 0; at < 20; at += 1) journal.append(usageRecord({ id: `r${at}` }));
  expect(journal.stats()).toEqual({ unsettled: 20, spilled: 0 });
  journal.settle(Array.from({ length: 20 }, (_, at) => `r${at}`));
  expect(journal.stats()).toEqual({ unsettled: 0, spilled: 0 });
  journal.close();
  expect(filesOf(path)).toEqual([]);
});
