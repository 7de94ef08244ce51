import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createConnection } from '../../src/storage/sqlite/connection.ts';
import type { WritableConnection } from '../../src/storage/sqlite/connection.ts';
import { readRecords } from '../../src/storage/sqlite/read/read-records.ts';
import type { SyncFile } from '../../src/storage/sqlite/write-ahead-log.ts';
import { createWriter } from '../../src/storage/sqlite/write/writer.ts';
import type { Writer } from '../../src/storage/sqlite/write/writer.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

let folder: string;
let path: string;
let connection: WritableConnection | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kilotoken-sqlite-'));
  path = join(folder, 'usage.db');
});
afterEach(() => {
  connection?.close();
  rmSync(folder, { recursive: true });
});

it('an append is acknowledged when the disk has it, and not before', async () => {
  const disk = slowDisk();
  const writer = openWriter(disk.sync);
  let isAcknowledged = false;
  const append = writer.append([usageRecord()]).then((result) => {
    isAcknowledged = true;
    return result;
  });
  await disk.asked();
  await turns(20);
  expect(recordsIn(path)).toBe(1);
  expect(isAcknowledged).toBe(false);
  disk.finish();
  expect(await append).toEqual({ inserted: 1, duplicates: 0 });
});

it('a record another process has committed and the disk has not is no duplicate yet', async () => {
  const first = openWriter(() => new Promise(() => {}));
  void first.append([usageRecord()]);
  await turns(20);
  expect(recordsIn(path)).toBe(1);
  const disk = slowDisk();
  const other = createConnection(path, 1000, disk.sync);
  let isAcknowledged = false;
  const append = createWriter(other)
    .append([usageRecord()])
    .then((result) => {
      isAcknowledged = true;
      return result;
    });
  await disk.asked();
  await turns(20);
  expect(isAcknowledged).toBe(false);
  disk.finish();
  expect(await append).toEqual({ inserted: 0, duplicates: 1 });
  other.close();
});

it('a record is shown to a reader when the disk has it, also to one of another process', async () => {
  const first = openWriter(() => new Promise(() => {}));
  void first.append([usageRecord({ id: 'a' }), usageRecord({ id: 'b' })]);
  await turns(20);
  const disk = slowDisk();
  const other = createConnection(path, 1000, disk.sync);
  const shown: string[] = [];
  const reading = (async () => {
    for await (const { id } of readRecords({}, other)) shown.push(id);
  })();
  await disk.asked();
  await turns(20);
  expect(shown).toEqual([]);
  disk.finish();
  await reading;
  expect(shown).toEqual(['a', 'b']);
  // Once for all that was there.
  expect(disk.count()).toBe(1);
  other.close();
});

it('appends that come while the disk is busy share its next turn', async () => {
  const disk = slowDisk();
  const writer = openWriter(disk.sync);
  const appends = [writer.append([usageRecord({ id: 'a' })])];
  await disk.asked();
  for (const id of ['b', 'c', 'd']) {
    appends.push(writer.append([usageRecord({ id })]));
    // oxlint-disable-next-line no-await-in-loop -- one transaction each
    await turns(20);
  }
  expect(recordsIn(path)).toBe(4);
  expect(disk.count()).toBe(1);
  disk.finish();
  await disk.asked();
  disk.finish();
  await Promise.all(appends);
  expect(disk.count()).toBe(2);
});

it('what the disk refused is acknowledged only once it is in the database file', async () => {
  let isBroken = true;
  const writer = openWriter(() =>
    isBroken ? Promise.reject(new Error('EIO: i/o error, fdatasync')) : Promise.resolve(),
  );
  const batch = [usageRecord({ id: 'a' }), usageRecord({ id: 'b' })];
  await expect(writer.append(batch)).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringContaining('EIO'),
  });
  expect(recordsIn(withoutLog())).toBe(0);
  isBroken = false;
  expect(await writer.append(batch)).toEqual({ inserted: 0, duplicates: 2 });
  expect(recordsIn(withoutLog())).toBe(2);
});

it('what the disk refused stays unacknowledged while a reader keeps it out of the database file', async () => {
  let isBroken = true;
  const writer = openWriter(() =>
    isBroken ? Promise.reject(new Error('EIO: i/o error, fdatasync')) : Promise.resolve(),
  );
  await expect(writer.append([usageRecord({ id: 'a' })])).rejects.toMatchObject({ code: 'store_failed' });
  const reader = new DatabaseSync(path);
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM usage_records').get();
  isBroken = false;
  await expect(writer.append([usageRecord({ id: 'b' })])).rejects.toMatchObject({ code: 'store_failed' });
  reader.exec('COMMIT');
  reader.close();
  expect(await writer.append([usageRecord({ id: 'a' }), usageRecord({ id: 'b' })])).toEqual({
    inserted: 0,
    duplicates: 2,
  });
});

function openWriter(sync: SyncFile): Writer {
  connection = createConnection(path, 1000, sync);
  return createWriter(connection);
}

/** A disk that finishes when it is told to. */
function slowDisk() {
  let waiting: (() => void) | undefined;
  let told: (() => void) | undefined;
  let count = 0;
  return {
    sync: () =>
      new Promise<void>((resolve) => {
        count += 1;
        waiting = resolve;
        told?.();
      }),
    asked: () =>
      new Promise<void>((resolve) => {
        if (waiting === undefined) told = resolve;
        else resolve();
      }),
    finish: () => {
      const finished = waiting;
      waiting = undefined;
      finished?.();
    },
    count: () => count,
  };
}

/** The database file as a machine without power would keep it if the log were lost. */
function withoutLog(): string {
  const copy = join(folder, 'copy.db');
  copyFileSync(path, copy);
  return copy;
}

function recordsIn(file: string): number {
  const database = new DatabaseSync(file);
  const tables = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'usage_records'`).get();
  const count = tables && database.prepare('SELECT count(*) AS n FROM usage_records').get()?.['n'];
  database.close();
  return Number(count ?? 0);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- turns of the event loop
    await new Promise((resolve) => setImmediate(resolve));
  }
}
