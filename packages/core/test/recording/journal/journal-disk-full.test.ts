import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMeter, memoryStore, type MeterError } from '../../../src/index.ts';
import { usageRecord } from '../../../src/testing/usage-record-builder.ts';
import { filesOf, journalPath, openJournal, replayIds } from './journal-fixture.ts';
import { startProcess } from './start-process.ts';

const unmountTrial = mountSmallDisk();
unmountTrial?.();

describe.skipIf(unmountTrial === undefined)('on a disk of 64 KiB (skipped where no tmpfs can be mounted)', () => {
  it('refuses with a typed error when the disk is full, keeps what it took, and goes on when space returns', async () => {
    const disk = smallDisk();
    const path = join(disk, 'journal');
    const journal = openJournal(path);
    journal.append(usageRecord({ id: 'first' }));
    writeFileSync(join(disk, 'filler'), Buffer.alloc(24 * 1024));
    const taken = ['first'];
    const refusals: unknown[] = [];
    for (let index = 0; refusals.length < 20 && index < 1000; index += 1) {
      const id = `r${index}`;
      try {
        journal.append(usageRecord({ id }));
        taken.push(id);
      } catch (error) {
        refusals.push(error);
      }
    }
    expect(refusals.length).toBe(20);
    for (const error of refusals) expect(error).toMatchObject({ code: 'journal_failed', cause: { code: 'ENOSPC' } });
    expect(taken.length).toBeGreaterThan(10);
    const files = filesOf(path, '.journal').length;
    expect(files).toBe(1);
    rmSync(join(disk, 'filler'));
    for (const id of ['after', 'more']) journal.append(usageRecord({ id }));
    journal.close();
    const next = openJournal(path);
    expect(await replayIds(next)).toEqual([...taken, 'after', 'more'].toSorted());
    expect(next.errors).toEqual([]);
    expect(filesOf(path)).toEqual([]);
  });

  it('gets space back by settling', () => {
    const path = join(smallDisk(), 'journal');
    const journal = openJournal(path, { maxSegmentBytes: 8192 });
    const taken: string[] = [];
    expect(() => {
      for (let index = 0; index < 1000; index += 1) {
        journal.append(usageRecord({ id: `r${index}` }));
        taken.push(`r${index}`);
      }
    }).toThrow(expect.objectContaining({ code: 'journal_failed' }));
    journal.settle(taken);
    journal.append(usageRecord({ id: 'after' }));
    expect(journal.stats().unsettled).toBe(1);
  });
});

it('goes on in a new file where one must not grow, and loses nothing', { timeout: 30_000 }, async () => {
  const path = journalPath();
  const running = startProcess([path, 'name', '500', '8388608'], { limit: 'ulimit -f 40' });
  expect(await running.ended).toBe(0);
  expect(running.said('ack').length).toBe(500);
  expect(filesOf(path, '.journal').length).toBeGreaterThan(3);
  const next = openJournal(path);
  expect((await replayIds(next)).length).toBe(500);
  expect(next.errors).toEqual([]);
});

it('refuses with a typed error where nothing can be written, and leaves no file', { timeout: 30_000 }, async () => {
  const path = journalPath();
  const running = startProcess([path, 'name', '5'], { limit: 'ulimit -f 0' });
  expect(await running.ended).toBe(0);
  expect(running.said('failed')).toEqual(Array.from({ length: 5 }, () => 'journal_failed'));
  expect(filesOf(path, '.journal')).toEqual([]);
});

it('says what is wrong where its path is a file, and the record waits in memory', async () => {
  const path = journalPath();
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
  const said: string[] = [];
  const onError = ({ code, message }: MeterError): unknown => said.push(`${code} ${message}`);
  const meter = createMeter({ store: memoryStore(), journal: { path }, onError });
  const send = meter.fetch(() => Promise.resolve(Response.json({ usage: { prompt_tokens: 3, completion_tokens: 4 } })));
  await (await send('http://localhost/v1/chat/completions', { method: 'POST', body: '{}' })).json();
  expect(await meter.close()).toEqual({ left: 0 });
  expect(said).toContain(
    `journal_failed journal "${path}": the folder could not be read: ENOTDIR: not a directory, scandir '${path}'`,
  );
  expect(said).toContainEqual(
    expect.stringMatching(
      /^journal_failed only memory holds a record: journal ".+": record ".+" was not written: ENOTDIR/,
    ),
  );
});

it.runIf(process.platform === 'linux')('refuses with a typed error where no folder can be made', async () => {
  const running = startProcess(['/proc/usage/journal', 'name', '2']);
  expect(await running.ended).toBe(0);
  expect(running.said('failed')).toEqual(['journal_failed', 'journal_failed']);
});

function smallDisk(): string {
  const disk = mkdtempSync(join(tmpdir(), 'kilotoken-disk-'));
  const unmount = mountSmallDisk(disk);
  onTestFinished(() => unmount?.());
  return disk;
}

/** Mounts it; undefined where that is not permitted. */
function mountSmallDisk(disk = mkdtempSync(join(tmpdir(), 'kilotoken-disk-'))): (() => void) | undefined {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  if (status !== 0) rmdirSync(disk);
  return status === 0
    ? () => {
        spawnSync('umount', [disk]);
        rmdirSync(disk);
      }
    : undefined;
}
