import type { UsageRecord } from '../usage-record.ts';

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
   * without effect where a record of this id is unsettled already, and was not only foreseen.
   *
   * @throws {@link MeterError} `journal_failed` where the disk refuses: the record is not in the journal, and a later call
   * may go well again; `record_rejected` where JSON cannot carry the record; `closed` after `close`.
   */
  append(record: UsageRecord): void;
  /**
   * Appends what is known of a record before it is made: it takes the place of the record where this process dies before
   * `append` of the same id, and is forgotten with it.
   *
   * @throws as `append`.
   */
  foresee(record: UsageRecord): void;
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
