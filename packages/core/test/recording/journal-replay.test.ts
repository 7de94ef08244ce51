import { expect, it, onTestFinished } from 'vitest';
import { createRecorder } from '../../src/recording/recorder.ts';
import type { Recorder } from '../../src/recording/recorder.ts';
import type { RecordTarget } from '../../src/recording/delivery/record-target.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { filesOf, journalPath, openJournal, replayIds } from './journal/journal-fixture.ts';

/** A folder in which each of these lists is what one process left behind. */
function leftBehind(...lives: readonly (readonly string[])[]): string {
  const path = journalPath();
  for (const ids of lives) {
    const journal = openJournal(path);
    for (const id of ids) journal.append(usageRecord({ id }));
    journal.close();
  }
  return path;
}

/** A store that throws on whatever batch has one of these records in it. */
function throwingOn(poison: ReadonlySet<string>): { readonly target: RecordTarget; readonly stored: Set<string> } {
  const stored = new Set<string>();
  const target: RecordTarget = {
    async append(batch) {
      if (batch.some(({ id }) => poison.has(id))) throw new Error('cannot encode');
      const before = stored.size;
      for (const { id } of batch) stored.add(id);
      return { inserted: stored.size - before, duplicates: batch.length - stored.size + before };
    },
  };
  return { target, stored };
}

function recorderOn(path: string, target: RecordTarget): Recorder {
  const recorder = createRecorder({ target, journal: openJournal(path), onError: () => {} });
  onTestFinished(async () => void (await recorder.close({ timeoutMs: 1 })));
  return recorder;
}

const ids = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

it('lets one record that makes the store throw hold up neither its neighbours nor the files behind it', async () => {
  const poison = new Set(['a7']);
  const path = leftBehind(ids('a', 20), ids('b', 3));
  const { target, stored } = throwingOn(poison);
  const recorder = recorderOn(path, target);
  const others = [...ids('a', 20), ...ids('b', 3)].filter((id) => !poison.has(id));
  await expect.poll(() => [...stored].toSorted(), { timeout: 5000 }).toEqual(others.toSorted());

  await expect(recorder.flush()).rejects.toMatchObject({ code: 'store_failed' });
  await expect.poll(() => filesOf(path, '.orphan').length, { timeout: 5000 }).toBe(1);
  poison.clear();
  await recorder.flush();
  expect(stored).toContain('a7');
  expect(filesOf(path, '.orphan')).toEqual([]);
});

it('keeps for the next life what the store throws on in this one', async () => {
  const path = leftBehind(['bad'], ['good']);
  const { target, stored } = throwingOn(new Set(['bad']));
  const recorder = recorderOn(path, target);
  await expect.poll(() => [...stored], { timeout: 5000 }).toEqual(['good']);
  await recorder.close({ timeoutMs: 50 });
  expect(await replayIds(openJournal(path))).toEqual(['bad']);
});
