import { MeterError } from '../errors.ts';
import { createJournalFolder } from './journal/journal-folder.ts';
import { checkJournalOptions } from './journal/journal-options.ts';
import { createOwnSegments } from './journal/own-segments.ts';
import { createReplay } from './journal/replay.ts';
import type { UsageRecord } from './usage-record.ts';

/** Where and how a journal keeps records until the store has them. */
export interface JournalOptions {
  /** A folder on a disk of this machine; made with mode 0700 at the first record. Several processes may share it. */
  readonly path: string;
  /** A file is closed and the next one begun before it grows beyond this. In bytes, from 1024. Default 8 MiB. */
  readonly maxSegmentBytes?: number;
  /**
   * Waits for the disk after every record. Without it a killed process loses nothing, with it a power cut neither, at
   * the price of one disk write per call. Default `false`.
   */
  readonly fsync?: boolean;
  /**
   * Says that losing the folder is fine. Needed on Vercel and AWS Lambda, whose disks vanish with the instance.
   * Default `false`.
   */
  readonly ephemeral?: boolean;
}

/** Some records that a process left in the folder. */
export interface ReplayedRecords {
  /** Oldest first; the store may have some of them already. */
  readonly records: readonly UsageRecord[];
  /** To be called once the store has all of {@link records}, or refused them for good; not to be called otherwise. */
  done(): void;
}

/** What a journal holds of this process. */
export interface JournalStats {
  /** Appended, or read back, and not settled. */
  readonly unsettled: number;
  /** Spilled and not read back. */
  readonly spilled: number;
}

/** Records on disk until the store has them. Synchronous where a call waits for it: an append takes microseconds. */
export interface Journal {
  /**
   * Appends one record that the caller also keeps in memory. On return it survives the death of this process. Cheap and
   * without effect where a record of this id is unsettled already.
   *
   * @throws {@link MeterError} `journal_failed` where the disk refuses: the record is not in the journal, and a later call
   * may go well again; `record_rejected` where JSON cannot carry the record; `closed` after `close`.
   */
  append(record: UsageRecord): void;
  /**
   * The same for a record that the caller does not keep, because its memory is full: `readBack` returns it later.
   *
   * @throws as `append`.
   */
  spill(record: UsageRecord): void;
  /**
   * These records are in the store, or refused for good: the journal may forget them. Unknown ids are ignored. A file is
   * deleted once all of it is settled. Never throws.
   */
  settle(ids: readonly string[]): void;
  /**
   * Takes back the oldest spilled records, at most `limit`. From then on they are the caller's, until settled, as if
   * appended. Empty where none is spilled. Never throws; what cannot be read is reported.
   */
  readBack(limit: number): readonly UsageRecord[];
  /**
   * What other processes, and this one in an earlier life, left in the folder, in portions small enough for one batch.
   * The first iteration returns all of it, also that of owners who still live, since a store takes a record only
   * once; later ones return what dead owners left meanwhile. The files of a dead owner are deleted after the last `done`
   * of each, those with damaged lines renamed to `*.damaged`. One iteration at a time. Never rejects: what cannot be
   * read is reported and skipped.
   */
  replay(): AsyncIterable<ReplayedRecords>;
  /** Counts of this process. */
  stats(): JournalStats;
  /** Closes the files. What is not settled stays for the next process. Idempotent; `settle` may still follow. */
  close(): void;
}

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
