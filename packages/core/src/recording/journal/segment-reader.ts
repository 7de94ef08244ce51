import type { UsageRecord } from '../usage-record.ts';
import type { JournalFolder } from './journal-folder.ts';
import { readHeader, readLine } from './segment-format.ts';
import type { Line } from './segment-format.ts';

const chunkBytes = 256 * 1024;

/** Reads a segment from front to back, while others may still write to it. */
export interface SegmentReader {
  /**
   * The next records, at most `limit`; fewer only at the present end of the file.
   *
   * @throws what the file system throws.
   */
  read(limit: number): readonly UsageRecord[];
  /** What was read of records that were foreseen and have not come so far; `read` passes them over. */
  foreseen(): readonly UsageRecord[];
  /** Bytes of whole lines that were read. */
  position(): number;
  faults(): SegmentFaults;
  close(): void;
}

/** What was found besides records. */
export interface SegmentFaults {
  /** Whole lines that are not what was written. */
  readonly badLines: number;
  /** Bytes at the end that are no whole line: a write that death or a full disk cut short. */
  readonly tornBytes: number;
  /** The format's version, where it is too new to be read. */
  readonly newerVersion?: number;
}

/**
 * Opens a segment, also where it has changed its name since; `start` is a position another reader came to.
 *
 * @returns undefined where the file is gone.
 * @throws what the file system throws.
 */
export function createSegmentReader(folder: JournalFolder, file: string, start = 0): SegmentReader | undefined {
  const { fs, crc32 } = folder;
  const descriptor = folder.open(file);
  if (descriptor === undefined) return undefined;
  let bytes = Buffer.alloc(0);
  /** Where `bytes` begins in the file. */
  let offset = start;
  let badLines = 0;
  let isTailRead = false;
  let newerVersion: number | undefined;
  const foreseen = new Map<string, UsageRecord>();

  return {
    read(limit) {
      const records: UsageRecord[] = [];
      let cursor = 0;
      let isLast = false;
      isTailRead = false;
      while (records.length < limit && newerVersion === undefined) {
        const line: Line = offset + cursor === 0 ? readHeader(bytes) : readLine(bytes, cursor, isLast, crc32);
        if (line.kind === 'incomplete') {
          if (isLast) break;
          isLast = !readMore(descriptor);
        } else if (line.kind === 'newer') {
          newerVersion = line.version;
        } else if (line.kind === 'record') {
          if (line.isForeseen) foreseen.set(line.record.id, line.record);
          else {
            foreseen.delete(line.record.id);
            records.push(line.record);
          }
          // Its newline is still to come: not passed yet, so that a later reader starts at a line.
          isTailRead = !line.isTerminated;
          if (isTailRead) break;
          cursor = line.end;
        } else {
          if (line.kind === 'bad') badLines += 1;
          cursor = line.end;
        }
      }
      bytes = bytes.subarray(cursor);
      offset += cursor;
      return records;
    },
    foreseen: () => [...foreseen.values()],
    position: () => offset,
    faults: () => ({
      badLines,
      tornBytes: isTailRead ? 0 : bytes.length,
      ...(newerVersion === undefined ? {} : { newerVersion }),
    }),
    close() {
      fs.closeSync(descriptor);
    },
  };

  function readMore(from: number): boolean {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const count = fs.readSync(from, chunk, 0, chunkBytes, offset + bytes.length);
    if (count > 0) bytes = Buffer.concat([bytes, chunk.subarray(0, count)]);
    return count > 0;
  }
}
