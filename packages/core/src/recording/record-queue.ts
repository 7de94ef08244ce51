import type { UsageRecord } from './usage-record.ts';

/** First in, first out, bounded by an estimate of memory. */
export interface RecordQueue {
  readonly size: number;
  /** Fast for young records, which are the ones that are asked for. */
  has(id: string): boolean;
  /** All that are in it, oldest first. */
  all(): readonly UsageRecord[];
  /** False once the bound is reached. */
  readonly hasRoom: boolean;
  add(record: UsageRecord): void;
  /** Removes and returns the oldest, at most so many. */
  take(limit: number): UsageRecord[];
  /** Returns what was taken, behind all others. Always fits: its room was never given away. */
  putBack(records: readonly UsageRecord[]): void;
  /** Gives the room of taken records free. */
  release(count: number): void;
}

/**
 * What one record counts for. A record with attribution and raw usage was measured at 700 to 1,300 bytes of heap; to
 * weigh each one would cost more than the whole recording.
 */
const bytesPerRecord = 1024;

export function createRecordQueue(maxBytes: number): RecordQueue {
  const maxRecords = Math.max(1, Math.floor(maxBytes / bytesPerRecord));
  let records: UsageRecord[] = [];
  /** Records before this one are gone; the array is cut now and then, not at each step. */
  let head = 0;
  let taken = 0;

  return {
    get size() {
      return records.length - head;
    },
    has(id) {
      for (let at = records.length - 1; at >= head; at -= 1) if (records[at]?.id === id) return true;
      return false;
    },
    all: () => records.slice(head),
    get hasRoom() {
      return records.length - head + taken < maxRecords;
    },
    add: (record) => void records.push(record),
    take(limit) {
      const batch = records.slice(head, head + limit);
      head += batch.length;
      taken += batch.length;
      if (head >= records.length) {
        records = [];
        head = 0;
      } else if (head > 4096) {
        records = records.slice(head);
        head = 0;
      }
      return batch;
    },
    putBack(batch) {
      taken -= batch.length;
      for (const record of batch) records.push(record);
    },
    release(count) {
      taken -= count;
    },
  };
}
