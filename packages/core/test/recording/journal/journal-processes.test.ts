import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ageSegments, filesOf, hideOwners, journalPath, openJournal, replayIds } from './journal-fixture.ts';
import { startProcess } from './start-process.ts';

it('has every acknowledged record after kill -9, wherever that struck', { timeout: 120_000 }, async () => {
  const path = journalPath();
  for (let round = 0; round < 12; round += 1) {
    const running = startProcess([path, `round${round}`, '1000000']);
    // oxlint-disable-next-line no-await-in-loop -- one life after the other
    await running.until('ack', 1 + round * 17);
    running.child.kill('SIGKILL');
    // oxlint-disable-next-line no-await-in-loop
    expect(await running.ended).toBe('SIGKILL');
    const acknowledged = running.said('ack');
    // oxlint-disable-next-line no-await-in-loop
    const replayed = new Set(await replayIds(openJournal(path)));
    expect(acknowledged.filter((id) => !replayed.has(id))).toEqual([]);
    // One more may have been written and not been said.
    expect(replayed.size).toBeLessThanOrEqual(acknowledged.length + 1);
    expect(filesOf(path)).toEqual([]);
  }
});

it.each([
  ['on one folder', () => {}],
  ['that all take each other for dead', hideOwners],
])(
  'loses nothing of four processes %s that write, settle, replay and are killed',
  { timeout: 120_000 },
  async (_, disturb) => {
    const path = journalPath();
    const acknowledged: string[] = [];
    const stored = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      const processes = ['a', 'b', 'c', 'd'].map((name) =>
        startProcess([path, `${name}${round}`, '1000000', '4096', 'replay settle'], {
          onLine: (count) => void (count % 10 === 0 && disturb(path)),
        }),
      );
      // oxlint-disable-next-line no-await-in-loop -- one generation after the other
      await Promise.all(
        processes.map(async ({ child, until, ended }, index) => {
          await until('ack', 60 + 90 * ((index + round) % 4));
          child.kill('SIGKILL');
          expect(await ended).toBe('SIGKILL');
        }),
      );
      for (const { said } of processes) {
        acknowledged.push(...said('ack'));
        for (const id of said('stored')) stored.add(id);
        // A write that the kill cut short may be told of; nothing else is wrong.
        for (const error of said('error')) expect(error).toContain('incomplete write');
      }
    }
    const last = openJournal(path);
    for (const id of await replayIds(last)) stored.add(id);
    expect(acknowledged.length).toBeGreaterThan(1000);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    hideOwners(path);
    await replayIds(last);
    expect(filesOf(path)).toEqual([]);
  },
);

it(
  'takes a stopped owner for a living one, and loses nothing he writes when he wakes',
  { timeout: 30_000 },
  async () => {
    const path = journalPath();
    const owner = startProcess([path, 'owner', '3', '8192', 'wait']);
    await owner.until('ack', 3);
    owner.child.kill('SIGSTOP');
    ageSegments(path);
    const other = openJournal(path);
    expect((await replayIds(other)).length).toBe(3);
    expect(filesOf(path, '.journal').length).toBe(1);
    owner.append('awake');
    owner.child.kill('SIGCONT');
    await owner.until('ack', 4);
    owner.child.kill('SIGKILL');
    await owner.ended;
    expect(await replayIds(other)).toEqual(['awake']);
    expect(filesOf(path)).toEqual([]);
  },
);

it('loses nothing a stopped owner writes whose file was deleted meanwhile', { timeout: 30_000 }, async () => {
  const path = journalPath();
  const owner = startProcess([path, 'owner', '3', '8192', 'wait']);
  await owner.until('ack', 3);
  owner.child.kill('SIGSTOP');
  hideOwners(path);
  expect((await replayIds(openJournal(path))).length).toBe(3);
  expect(filesOf(path)).toEqual([]);
  owner.append('awake');
  owner.append('again');
  owner.child.kill('SIGCONT');
  await owner.until('ack', 5);
  owner.child.kill('SIGKILL');
  await owner.ended;
  expect(await replayIds(openJournal(path))).toEqual(['again', 'awake']);
  expect(filesOf(path)).toEqual([]);
});

it(
  'replays a dead owner at once and deletes him later where the runtime has no lock',
  { timeout: 30_000 },
  async () => {
    const path = journalPath();
    const owner = startProcess([path, 'owner', '3', '8192', 'wait'], { flags: ['--no-experimental-sqlite'] });
    await owner.until('ack', 3);
    owner.child.kill('SIGKILL');
    await owner.ended;
    expect(filesOf(path, '.lock')).toEqual([]);
    const journal = openJournal(path);
    expect((await replayIds(journal)).length).toBe(3);
    expect(await replayIds(journal)).toEqual([]);
    expect(filesOf(path, '.journal').length).toBe(1);
    ageSegments(path);
    expect(await replayIds(journal)).toEqual([]);
    expect(filesOf(path)).toEqual([]);
    expect(journal.errors).toEqual([]);
  },
);

/** Makes the process the first one of its own numbering, as in a container; needs Linux, and the right to do so. */
const ownNumbers = 'set -- unshare --pid --fork --kill-child "$@"';
const canNumber = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;

it.skipIf(!canNumber)(
  'tells owners apart that have one process id, as in containers on one volume',
  { timeout: 30_000 },
  async () => {
    const path = journalPath();
    const [living, dead] = ['living', 'dead'].map((name) =>
      startProcess([path, name, '3', '8192', 'wait'], { limit: ownNumbers }),
    );
    if (living === undefined || dead === undefined) throw new Error('two processes were started');
    await Promise.all([living.until('ack', 3), dead.until('ack', 3)]);
    expect([living.said('pid'), dead.said('pid')]).toEqual([['1'], ['1']]);
    dead.child.kill('SIGKILL');
    expect(await dead.ended).toBe('SIGKILL');

    const journal = openJournal(path);
    expect((await replayIds(journal)).length).toBe(6);
    expect(filesOf(path, '.journal').length).toBe(1);
    const next = startProcess([path, 'next', '1', '8192'], { limit: ownNumbers });
    await next.until('ack', 1);
    expect(await next.ended).toBe(0);
    living.append('later');
    await living.until('ack', 4);
    living.child.kill('SIGKILL');
    await living.ended;
    expect((await replayIds(journal)).toSorted()).toEqual(['later', 'next-0']);
    expect(filesOf(path)).toEqual([]);
  },
);

it('keeps no process alive', { timeout: 30_000 }, async () => {
  const running = startProcess([journalPath(), 'name', '5', '8192', 'replay']);
  expect(await running.ended).toBe(0);
  expect(running.said('ack').length).toBe(5);
});
