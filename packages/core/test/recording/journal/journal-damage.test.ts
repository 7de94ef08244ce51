import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { UsageRecord } from '../../../src/recording/usage-record.ts';
import { usageRecord } from '../../../src/testing/usage-record-builder.ts';
import { ageSegments, filesOf, journalPath, openJournal, replayAll, replayIds } from './journal-fixture.ts';

const file = `01700000000000-${'ab'.repeat(16)}.orphan`;
const records = ['a', 'b', 'c'].map((id) =>
  usageRecord({ id, requestModel: 'модель', tokens: { totalTokens: 3 }, cost: { basis: 'unpriced' } }),
);

/** What a process leaves that appended the records. */
function segmentBytes(): Buffer {
  const path = journalPath();
  const journal = openJournal(path);
  for (const record of records) journal.append(record);
  const [name = ''] = filesOf(path, '.journal');
  return readFileSync(join(path, name));
}

/** A folder with one segment of a dead owner. */
function folderWith(bytes: Uint8Array | string): string {
  const path = journalPath();
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, file), bytes);
  return path;
}

/** Where each record's line ends. */
function lineEnds(bytes: Buffer): number[] {
  return [...bytes.entries()].filter(([, byte]) => byte === 10).map(([index]) => index + 1);
}

it('replays every whole record of a segment cut at any byte, and says what was cut', { timeout: 60_000 }, async () => {
  const bytes = segmentBytes();
  const [headerEnd = 0, ...ends] = lineEnds(bytes);
  for (let length = 0; length <= bytes.length; length += 1) {
    const path = folderWith(bytes.subarray(0, length));
    const journal = openJournal(path);
    // oxlint-disable-next-line no-await-in-loop -- one folder after the other
    const replayed = await replayAll(journal);
    // A record is whole when only its newline is missing.
    const whole = ends.filter((end) => length >= end - 1).length;
    expect(replayed, `cut at ${length}`).toStrictEqual(records.slice(0, whole));
    const isClean = [0, headerEnd, ...ends, ...ends.map((end) => end - 1)].includes(length);
    expect(journal.errors.map(({ code }) => code)).toEqual(isClean ? [] : ['journal_failed']);
    // Nothing that was acknowledged is missing, so nothing is kept.
    expect(filesOf(path)).toEqual([]);
  }
});

it(
  'loses at most the record whose byte was flipped, never gives a wrong one, and keeps the file',
  { timeout: 60_000 },
  async () => {
    const bytes = segmentBytes();
    const [headerEnd = 0] = lineEnds(bytes);
    for (let index = headerEnd; index < bytes.length; index += 1) {
      const flipped = Buffer.from(bytes);
      flipped[index] = (flipped[index] ?? 0) ^ (1 << (index % 8));
      const path = folderWith(flipped);
      const journal = openJournal(path);
      // oxlint-disable-next-line no-await-in-loop -- one folder after the other
      const replayed = await replayAll(journal);
      const isWhole = replayed.length === records.length;
      expect(replayed.length, `flipped at ${index}`).toBeGreaterThanOrEqual(records.length - 1);
      for (const record of replayed) expect(record).toStrictEqual(originalOf(record));
      // A newline is not needed to read on, so its loss costs nothing.
      expect(isWhole).toBe(bytes[index] === 10);
      expect(journal.errors.map(({ code }) => code)).toEqual(isWhole ? [] : ['journal_failed']);
      expect(filesOf(path)).toEqual(isWhole ? [] : [file.replace('orphan', 'damaged')]);
    }
  },
);

it('replays a kept file no second time', async () => {
  const bytes = segmentBytes();
  bytes[bytes.indexOf('"id":"b"') + 6] = 0x78;
  const path = folderWith(bytes);
  const journal = openJournal(path);
  expect(await replayIds(journal)).toEqual(['a', 'c']);
  expect(filesOf(path)).toEqual([file.replace('orphan', 'damaged')]);
  expect(await replayIds(journal)).toEqual([]);
  expect(await replayIds(openJournal(path))).toEqual([]);
  expect(journal.errors.length).toBe(1);
});

it('takes zeros at the end, as a power cut leaves them, for a torn tail', async () => {
  const path = folderWith(Buffer.concat([segmentBytes(), Buffer.alloc(5000)]));
  const journal = openJournal(path);
  expect(await replayIds(journal)).toEqual(['a', 'b', 'c']);
  expect(journal.errors.map(({ message }) => message)).toEqual([expect.stringContaining('5000 bytes')]);
  expect(filesOf(path)).toEqual([]);
});

it('replays the lines behind a damaged header', async () => {
  const bytes = segmentBytes();
  bytes[0] = 0x58;
  const path = folderWith(bytes);
  expect(await replayIds(openJournal(path))).toEqual(['a', 'b', 'c']);
  expect(filesOf(path, '.damaged').length).toBe(1);
});

it('leaves a segment of a newer format alone, reports it once, and replays the others', async () => {
  const bytes = segmentBytes();
  const path = folderWith(bytes.toString('utf8').replace('kilotoken-journal 1 1', 'kilotoken-journal 3 2'));
  writeFileSync(join(path, file.replace('ab', 'cd')), bytes);
  const journal = openJournal(path);
  expect(await replayIds(journal)).toEqual(['a', 'b', 'c']);
  expect(await replayIds(journal)).toEqual([]);
  expect(journal.errors.map(({ code }) => code)).toEqual(['unsupported']);
  expect(filesOf(path)).toEqual([file]);
});

it('reads a segment of the next format where that says so', async () => {
  const text = segmentBytes().toString('utf8');
  const path = folderWith(text.replace('kilotoken-journal 1 1', 'kilotoken-journal 2 1'));
  expect(await replayIds(openJournal(path))).toEqual(['a', 'b', 'c']);
});

it('leaves files alone that are not its own', async () => {
  const path = folderWith(segmentBytes());
  for (const name of ['README', 'x.journal', 'x.lock', '.gitkeep']) writeFileSync(join(path, name), 'mine');
  mkdirSync(join(path, 'folder'));
  const journal = openJournal(path);
  expect((await replayIds(journal)).length).toBe(3);
  expect(filesOf(path).toSorted()).toEqual(['.gitkeep', 'README', 'folder', 'x.journal', 'x.lock']);
  expect(journal.errors).toEqual([]);
});

it('goes on with the other segments where one cannot be read', async () => {
  const path = folderWith(segmentBytes());
  mkdirSync(join(path, file.replace('ab', 'aa')));
  const journal = openJournal(path);
  expect(await replayIds(journal)).toEqual(['a', 'b', 'c']);
  expect(journal.errors.map(({ code }) => code)).toEqual(['journal_failed']);
});

it('reads on behind a line whose newline came later', async () => {
  const bytes = segmentBytes();
  const path = journalPath();
  mkdirSync(path, { recursive: true });
  const living = join(path, file.replace('orphan', 'journal'));
  writeFileSync(living, bytes.subarray(0, -1));
  const journal = openJournal(path);
  expect(await replayIds(journal)).toEqual(['a', 'b', 'c']);
  const [headerEnd = 0, firstEnd] = lineEnds(bytes);
  writeFileSync(living, Buffer.concat([bytes, bytes.subarray(headerEnd, firstEnd)]));
  ageSegments(path);
  expect(await replayIds(journal)).toEqual(['a', 'c']);
  expect(filesOf(path)).toEqual([]);
  expect(journal.errors).toEqual([]);
});

it('keeps a segment damaged while its owner lived', async () => {
  const path = journalPath();
  const owner = openJournal(path);
  for (const record of records) owner.append(record);
  const [name = ''] = filesOf(path, '.journal');
  const bytes = readFileSync(join(path, name));
  bytes[bytes.indexOf('"id":"b"') + 6] = 0x78;
  writeFileSync(join(path, name), bytes);
  const journal = openJournal(path);
  expect(await replayIds(journal)).toEqual(['a', 'c']);
  owner.close();
  await replayAll(journal);
  expect(filesOf(path)).toEqual([name.replace('journal', 'damaged')]);
});

it.skipIf(process.platform === 'win32')('passes over a named pipe under the name of a segment', async () => {
  const path = folderWith(segmentBytes());
  execFileSync('mkfifo', [join(path, `00000000000000-${'cd'.repeat(16)}.orphan`)]);
  const journal = openJournal(path);
  expect(await replayIds(journal)).toEqual(['a', 'b', 'c']);
  expect(journal.errors.map(({ code }) => code)).toEqual(['journal_failed']);
});

it('reads a segment of 3 MB in portions of at most 200 records', async () => {
  const path = journalPath();
  const owner = openJournal(path);
  const ids = Array.from({ length: 5000 }, (_, index) => `r${String(index).padStart(5, '0')}`);
  for (const id of ids) owner.append(usageRecord({ id }));
  owner.close();
  ageSegments(path);
  const sizes: number[] = [];
  const replayed: string[] = [];
  for await (const { records: portion, done } of openJournal(path).replay()) {
    sizes.push(portion.length);
    replayed.push(...portion.map(({ id }) => id));
    done();
  }
  expect(replayed).toEqual(ids);
  expect(Math.max(...sizes)).toBe(200);
});

function originalOf({ id }: UsageRecord): UsageRecord | undefined {
  return records.find((record) => record.id === id);
}
