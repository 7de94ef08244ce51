import type { UsageRecord } from '../usage-record.ts';

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
  release(records: readonly UsageRecord[]): void;
}

/**
 * What one record counts for at least: with attribution and raw usage it was measured at 700 to 1,300 bytes of heap. What is
 * above that is in what apps and providers decide on, and is weighed: texts of the attribution and the raw usage.
 */
const bytesPerRecord = 1024;
/** So many bytes of weighed parts are in it already. */
const bytesIncluded = 512;
/** What a field or an item takes beside its value. */
const bytesPerField = 16;
/** Deeper it is not looked into: no usage object of a provider goes that deep. */
const maxDepth = 6;

export function createRecordQueue(maxBytes: number): RecordQueue {
  let records: UsageRecord[] = [];
  /** Records before this one are gone; the array is cut now and then, not at each step. */
  let head = 0;
  let taken = 0;
  /** Of the few that are larger, what they have above {@link bytesPerRecord}. */
  const excess = new Map<UsageRecord, number>();
  let excessBytes = 0;

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
      const count = records.length - head + taken;
      return count === 0 || (count + 1) * bytesPerRecord + excessBytes <= maxBytes;
    },
    add(record) {
      records.push(record);
      const above = weighedBytes(record) - bytesIncluded;
      if (above <= 0) return;
      excess.set(record, above);
      excessBytes += above;
    },
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
    release(batch) {
      taken -= batch.length;
      if (excess.size === 0) return;
      for (const record of batch) {
        excessBytes -= excess.get(record) ?? 0;
        excess.delete(record);
      }
    },
  };
}

/** About what the parts take whose size others decide on. */
function weighedBytes({ attribution, rawUsage }: UsageRecord): number {
  let bytes = weightOf(attribution.tags, maxDepth);
  bytes += (attribution.userId?.length ?? 0) + (attribution.tenantId?.length ?? 0);
  bytes += (attribution.conversationId?.length ?? 0) + (attribution.messageId?.length ?? 0);
  return rawUsage === undefined ? bytes : bytes + weightOf(rawUsage, maxDepth);
}

function weightOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth === 0) return 0;
  let bytes = 0;
  for (const key in value) {
    bytes += bytesPerField + key.length + weightOf((value as Readonly<Record<string, unknown>>)[key], depth - 1);
  }
  return bytes;
}
