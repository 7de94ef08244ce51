import { MeterError } from '../../errors.ts';
import { createJournalFolder } from './journal-folder.ts';
import { checkJournalOptions } from './journal-options.ts';
import type { JournalOptions } from './journal-options.ts';
import type { Journal } from './journal.ts';
import { createOwnSegments } from './own-segments.ts';
import { createReplay } from './replay.ts';

/**
 * Records on disk until the store has them, in append-only files with a checksum per line.
 *
 * Touches no file before the first record or replay, and needs no timer. `onError` hears of what could not be read,
 * with code `journal_failed`, or `unsupported` for files of a newer release, which are left alone.
 *
 * @throws {@link MeterError} `invalid_options` for a wrong option, and on Vercel or Lambda without `ephemeral`;
 * `unsupported` where the runtime has no file system.
 * @example
 * ```ts
 * const journal = createJournal({ path: 'usage-journal' }, report);
 * journal.append(record);
 * await store.append([record]);
 * journal.settle([record.id]);
 * ```
 */
export function createJournal(options: JournalOptions, onError: (error: MeterError) => void): Journal {
  const { path, maxSegmentBytes, fsync } = checkJournalOptions(options);
  const folder = createJournalFolder(path, fsync);
  const own = createOwnSegments(folder, { maxSegmentBytes, fsync }, onError);
  const replay = createReplay(folder, onError);
  let isClosed = false;

  const checkOpen = (): void => {
    if (isClosed) throw new MeterError('closed', `journal "${path}": used after close()`);
  };

  return {
    append(record) {
      checkOpen();
      own.append(record);
    },
    foresee(record) {
      checkOpen();
      own.foresee(record);
    },
    spill(record) {
      checkOpen();
      own.spill(record);
    },
    settle: own.settle,
    readBack: (limit) => (isClosed ? [] : own.readBack(limit)),
    async *replay() {
      if (!isClosed) yield* replay();
    },
    stats: own.stats,
    close() {
      if (isClosed) return;
      isClosed = true;
      own.close();
    },
  };
}
