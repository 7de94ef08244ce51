import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { usageRecord } from '../../../src/testing/usage-record-builder.ts';
import {
  ageSegments,
  filesOf,
  hideOwners,
  idsOf,
  journalPath,
  openJournal,
  replayAll,
  replayIds,
} from './journal-fixture.ts';

const ids = (count: number, name = 'r') => Array.from({ length: count }, (_, index) => `${name}${100 + index}`);

it('begins a new file before one grows beyond its bound, in names that sort by time', async () => {
  const path = journalPath();
  const journal = openJournal(path, { maxSegmentBytes: 4096 });
  for (const id of ids(60)) journal.append(usageRecord({ id, requestModel: 'модель'.repeat(20) }));
  const files = filesOf(path, '.journal');
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(statSync(join(path, file)).size).toBeLessThanOrEqual(4096);
  journal.close();
  expect((await replayAll(openJournal(path))).map(({ id }) => id)).toEqual(ids(60));
});

it('gives a record beyond the bound a file of its own', async () => {
  const path = journalPath();
  const journal = openJournal(path, { maxSegmentBytes: 1024 });
  for (const id of ['a', 'b']) journal.append(usageRecord({ id, rawUsage: 'x'.repeat(5000) }));
  expect(filesOf(path, '.journal').length).toBe(2);
  journal.close();
  expect(await replayIds(openJournal(path))).toEqual(['a', 'b']);
});

it('deletes a file as soon as all of it is settled, in any order', () => {
  const path = journalPath();
  const journal = openJournal(path, { maxSegmentBytes: 2048 });
  for (const id of ids(40)) journal.append(usageRecord({ id }));
  const before = filesOf(path, '.journal').length;
  journal.settle(ids(40).toReversed().slice(20));
  const half = filesOf(path, '.journal').length;
  expect(half).toBeLessThan(before);
  expect(half).toBeGreaterThan(before / 3);
  journal.settle(ids(40));
  // The one in use waits for more.
  expect(filesOf(path, '.journal').length).toBe(1);
});

it('starts its file over once that is big and all of it is settled', () => {
  const path = journalPath();
  const journal = openJournal(path);
  for (const id of ids(300)) journal.append(usageRecord({ id, rawUsage: 'x'.repeat(1000) }));
  journal.settle(ids(299));
  expect(filesOf(path, '.journal').length).toBe(1);
  journal.settle(ids(300));
  expect(filesOf(path, '.journal')).toEqual([]);
  journal.append(usageRecord({ id: 'next' }));
  expect(filesOf(path, '.journal').length).toBe(1);
});

it('gives spilled records back in order, each once, while more are spilled', () => {
  const path = journalPath();
  const journal = openJournal(path, { maxSegmentBytes: 4096 });
  journal.append(usageRecord({ id: 'kept' }));
  for (const id of ids(30)) journal.spill(usageRecord({ id }));
  expect(journal.stats()).toEqual({ unsettled: 1, spilled: 30 });
  const back = [...journal.readBack(7)];
  for (const id of ids(30, 's')) journal.spill(usageRecord({ id }));
  while (journal.stats().spilled > 0) back.push(...journal.readBack(7));
  expect(back.map(({ id }) => id)).toEqual([...ids(30), ...ids(30, 's')]);
  expect(back[0]).toStrictEqual(usageRecord({ id: 'r100' }));
  expect(journal.readBack(7)).toEqual([]);
  expect(journal.stats()).toEqual({ unsettled: 61, spilled: 0 });
  expect(journal.errors).toEqual([]);
});

it('keeps spilled records on disk until they were read back and settled', async () => {
  const path = journalPath();
  const journal = openJournal(path);
  for (const id of ids(4)) journal.spill(usageRecord({ id }));
  journal.settle(ids(4));
  journal.settle(idsOf(journal.readBack(2)));
  journal.readBack(1);
  journal.close();
  expect(await replayIds(openJournal(path))).toEqual(ids(4));
});

it('leaves nothing on disk when all that was spilled is settled', () => {
  const path = journalPath();
  const journal = openJournal(path, { maxSegmentBytes: 2048 });
  for (const id of ids(30)) journal.spill(usageRecord({ id }));
  while (journal.stats().spilled > 0) journal.settle(idsOf(journal.readBack(4)));
  journal.spill(usageRecord({ id: 'again' }));
  journal.settle(idsOf(journal.readBack(4)));
  journal.close();
  expect(filesOf(path)).toEqual([]);
});

it('reports spilled records that somebody deleted, and goes on', () => {
  const path = journalPath();
  const journal = openJournal(path, { maxSegmentBytes: 2048 });
  for (const id of ids(6)) journal.spill(usageRecord({ id }));
  const [oldest = ''] = filesOf(path, '.journal').toSorted();
  rmSync(join(path, oldest));
  const back = idsOf(journal.readBack(10));
  expect(back.length).toBeGreaterThan(0);
  expect(ids(6)).toEqual(expect.arrayContaining(back));
  expect(journal.errors.map(({ code }) => code)).toEqual(['record_dropped']);
  expect(journal.stats()).toEqual({ unsettled: back.length, spilled: 0 });
});

it('replays a living owner once, and deletes nothing of him', async () => {
  const path = journalPath();
  const owner = openJournal(path);
  owner.append(usageRecord({ id: 'before' }));
  ageSegments(path);
  const other = openJournal(path);
  expect(await replayIds(other)).toEqual(['before']);
  owner.append(usageRecord({ id: 'between' }));
  expect(await replayIds(other)).toEqual([]);
  expect(filesOf(path, '.journal').length).toBe(1);
  owner.close();
  // What was stored before is not read again.
  expect(await replayIds(other)).toEqual(['between']);
  expect(filesOf(path)).toEqual([]);
});

it('does not replay what is its own', async () => {
  const journal = openJournal(journalPath(), { maxSegmentBytes: 1024 });
  for (const id of ids(5)) journal.append(usageRecord({ id }));
  journal.spill(usageRecord({ id: 'spilled' }));
  expect(await replayIds(journal)).toEqual([]);
});

it('replays again what was not done', async () => {
  const path = journalPath();
  const dead = openJournal(path);
  for (const id of ids(450)) dead.append(usageRecord({ id }));
  dead.close();
  const journal = openJournal(path);
  let portions = 0;
  for await (const { done } of journal.replay()) {
    portions += 1;
    if (portions !== 2) done();
  }
  expect(portions).toBe(3);
  expect(await replayIds(journal)).toEqual(ids(450));
  expect(await replayIds(journal)).toEqual([]);
  expect(filesOf(path)).toEqual([]);
});

it('deletes a file when the last done comes after the iteration', async () => {
  const path = journalPath();
  const dead = openJournal(path);
  for (const id of ids(250)) dead.append(usageRecord({ id }));
  dead.close();
  const dones: (() => void)[] = [];
  for await (const { done } of openJournal(path).replay()) dones.push(done, done);
  const [first, , last] = dones;
  first?.();
  first?.();
  expect(filesOf(path, '.orphan').length).toBe(1);
  last?.();
  expect(filesOf(path, '.orphan')).toEqual([]);
});

it('lets two processes replay the same dead segment at once', async () => {
  const path = journalPath();
  const dead = openJournal(path);
  for (const id of ids(450)) dead.append(usageRecord({ id }));
  dead.close();
  const [one, two] = [openJournal(path), openJournal(path)];
  const [first, second] = [one.replay()[Symbol.asyncIterator](), two.replay()[Symbol.asyncIterator]()];
  const got = [new Set<string>(), new Set<string>()];
  const step = async (iterator: typeof first, into: Set<string> | undefined): Promise<boolean> => {
    const { value, done } = await iterator.next();
    if (done === true) return false;
    for (const { id } of value.records) into?.add(id);
    value.done();
    return true;
  };
  let [isFirstOpen, isSecondOpen] = [true, true];
  while (isFirstOpen || isSecondOpen) {
    // oxlint-disable-next-line no-await-in-loop -- in turns
    if (isFirstOpen) isFirstOpen = await step(first, got[0]);
    // oxlint-disable-next-line no-await-in-loop -- in turns
    if (isSecondOpen) isSecondOpen = await step(second, got[1]);
  }
  expect(got.map(({ size }) => size)).toEqual([450, 450]);
  expect([...one.errors, ...two.errors]).toEqual([]);
  expect(filesOf(path)).toEqual([]);
});

it('writes a record elsewhere when its file was taken from a living owner, and settles that', async () => {
  const path = journalPath();
  const owner = openJournal(path);
  owner.append(usageRecord({ id: 'before' }));
  hideOwners(path);
  const thief = openJournal(path);
  const iterator = thief.replay()[Symbol.asyncIterator]();
  const { value } = (await iterator.next()) as { value: { records: { id: string }[]; done(): void } };
  expect(value.records.map(({ id }) => id)).toEqual(['before']);
  owner.append(usageRecord({ id: 'meanwhile' }));
  value.done();
  await iterator.next();
  expect(filesOf(path, '.orphan')).toEqual([]);
  owner.append(usageRecord({ id: 'after' }));
  expect(await replayIds(openJournal(path))).toEqual(['after', 'meanwhile']);
  owner.settle(['before', 'meanwhile', 'after']);
  owner.close();
  expect(filesOf(path)).toEqual([]);
  expect([...owner.errors, ...thief.errors]).toEqual([]);
});

it('reads back what it spilled also when the file was taken from it', async () => {
  const path = journalPath();
  const owner = openJournal(path);
  owner.spill(usageRecord({ id: 'spilled' }));
  hideOwners(path);
  for await (const { records } of openJournal(path).replay()) expect(idsOf(records)).toEqual(['spilled']);
  expect(filesOf(path, '.orphan').length).toBe(1);
  expect(idsOf(owner.readBack(1))).toEqual(['spilled']);
  owner.settle(['spilled']);
  owner.close();
  expect(filesOf(path)).toEqual([]);
});
