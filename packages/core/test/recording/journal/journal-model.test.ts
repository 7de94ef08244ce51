import fc from 'fast-check';
import { expect, it } from 'vitest';
import { usageRecord } from '../../../src/testing/usage-record-builder.ts';
import { filesOf, hideOwners, idsOf, journalPath, openJournal, replayAll } from './journal-fixture.ts';

const isFull = process.env['KILOTOKEN_FULL'] === '1';
const runs = { numRuns: isFull ? 1500 : 100, seed: Number(process.env['KILOTOKEN_SEED'] ?? 20_261_130) };

const step = fc.record({
  do: fc.constantFrom('foresee', 'foresee', 'append', 'spill', 'spill', 'readBack', 'settle'),
  id: fc.integer({ min: 0, max: 30 }).map((id) => `r${id}`),
  isLong: fc.boolean(),
});

it(
  'every record that is not settled is replayed once, as it came or else as it was foreseen',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 150, size: 'max' }), fc.boolean(), async (steps, isKilled) => {
        const path = journalPath();
        const journal = openJournal(path, { maxSegmentBytes: 2048 });
        const place = new Map<string, 'foreseen' | 'memory' | 'disk' | 'settled'>();
        for (const { do: what, id, isLong } of steps) {
          const known = place.get(id);
          const record = (origin: 'missing' | 'drained') =>
            usageRecord({ id, origin, rawUsage: 'x'.repeat(isLong ? 1500 : 1) });
          const isNew = known === undefined || known === 'foreseen';
          if (what === 'foresee' && known === undefined) {
            journal.foresee(record('missing'));
            place.set(id, 'foreseen');
          } else if (what === 'append' && isNew) {
            journal.append(record('drained'));
            place.set(id, 'memory');
          } else if (what === 'spill' && isNew) {
            journal.spill(record('drained'));
            place.set(id, 'disk');
          } else if (what === 'readBack') {
            for (const back of idsOf(journal.readBack(2))) place.set(back, 'memory');
          } else if (what === 'settle' && known === 'memory') {
            journal.settle([id]);
            place.set(id, 'settled');
          }
        }
        if (isKilled) hideOwners(path);
        else journal.close();
        const next = openJournal(path);
        const replayed = (await replayAll(next)).filter(({ id }) => place.get(id) !== 'settled');
        const open = [...place].filter(([, where]) => where !== 'settled');
        expect(replayed.map(({ id, origin }) => `${id} ${origin}`).toSorted()).toEqual(
          open.map(([id, where]) => `${id} ${where === 'foreseen' ? 'missing' : 'drained'}`).toSorted(),
        );
        expect(filesOf(path, 'journal')).toEqual([]);
        expect([...journal.errors, ...next.errors]).toEqual([]);
        journal.close();
        next.close();
      }),
      runs,
    );
  },
  isFull ? 300_000 : 60_000,
);
