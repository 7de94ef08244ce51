import { MeterError } from '../../errors.ts';
import type { UsageRecord } from '../usage-record.ts';
import type { JournalFolder } from './journal-folder.ts';
import type { Journal } from './journal.ts';
import { encodeLine } from './segment-format.ts';
import { createSegmentReader } from './segment-reader.ts';
import type { SegmentReader } from './segment-reader.ts';
import { openSegment } from './segment-writer.ts';
import type { SegmentWriter } from './segment-writer.ts';

/** A segment in use is replaced at this size as soon as nothing in it is needed, so that a crash leaves little to replay. */
const tidyBytes = 256 * 1024;
/** An old file that turned bad, a new one, and once more a new one where that was taken at once. */
const maxTries = 3;

interface OwnSegment {
  readonly writer: SegmentWriter;
  isOpen: boolean;
  /** Records that were appended, or read back, and are not settled. */
  unsettled: number;
  /** Records that were spilled and not read back. */
  spilled: number;
  reader?: SegmentReader | undefined;
}

/** What this process has written. Spilled records have files of their own, so that they can be read back in order. */
export type OwnSegments = Omit<Journal, 'replay'>;

/** Writes nothing until the first record. */
export function createOwnSegments(
  folder: JournalFolder,
  options: { readonly maxSegmentBytes: number; readonly fsync: boolean },
  onError: (error: MeterError) => void,
): OwnSegments {
  const segmentOf = new Map<string, OwnSegment>();
  /** Of those in {@link segmentOf}: ids of records that are still to come. */
  const foreseen = new Set<string>();
  const segments = new Set<OwnSegment>();
  const inUse: { append?: OwnSegment | undefined; spill?: OwnSegment | undefined } = {};
  /** Oldest first. */
  let spills: OwnSegment[] = [];

  return {
    append(record) {
      const before = segmentOf.get(record.id);
      if (before !== undefined && !foreseen.delete(record.id)) return;
      keep(record.id, write('append', record), before);
    },
    foresee(record) {
      if (segmentOf.has(record.id)) return;
      keep(record.id, write('append', record, true));
      foreseen.add(record.id);
    },
    spill(record) {
      // Behind what was foreseen of it, for whoever replays the files in their order.
      const { spill } = inUse;
      if (spill !== undefined && spill.writer.file < (segmentOf.get(record.id)?.writer.file ?? '')) retire('spill');
      const segment = write('spill', record);
      segment.spilled += 1;
      if (spills.at(-1) !== segment) spills.push(segment);
    },
    settle(ids) {
      const touched = new Set<OwnSegment>();
      for (const id of ids) {
        const segment = segmentOf.get(id);
        if (segment === undefined) continue;
        segmentOf.delete(id);
        foreseen.delete(id);
        segment.unsettled -= 1;
        touched.add(segment);
      }
      for (const segment of touched) tidy(segment);
    },
    readBack(limit) {
      const records: UsageRecord[] = [];
      for (const segment of spills) {
        if (records.length >= limit) break;
        for (const record of readSpilled(segment, limit - records.length)) {
          records.push(record);
          const before = segmentOf.get(record.id);
          if (before === undefined || foreseen.delete(record.id)) keep(record.id, segment, before);
        }
        tidy(segment);
      }
      spills = spills.filter((segment) => segment.spilled > 0);
      return records;
    },
    stats() {
      let spilled = 0;
      for (const segment of spills) spilled += segment.spilled;
      return { unsettled: segmentOf.size, spilled };
    },
    close() {
      retire('append');
      retire('spill');
      for (const segment of segments) closeReader(segment);
      attempt(() => folder.leave(segments.size > 0));
    },
  };

  /** @param before - Which has had it so far. */
  function keep(id: string, segment: OwnSegment, before?: OwnSegment): void {
    segment.unsettled += 1;
    segmentOf.set(id, segment);
    if (before === undefined) return;
    before.unsettled -= 1;
    tidy(before);
  }

  function write(use: 'append' | 'spill', record: UsageRecord, isForeseen = false): OwnSegment {
    const line = encode(record, isForeseen);
    let cause: unknown;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const segment = inUse[use];
      const isNew = segment === undefined;
      try {
        const current = segment ?? begin(use);
        const size = current.writer.size();
        if (size > 0 && size + line.length > options.maxSegmentBytes) {
          retire(use);
          tries -= 1;
          continue;
        }
        if (current.writer.write(line)) return current;
        cause = new Error(`${current.writer.file} was taken over by another process`);
      } catch (error) {
        cause = error;
        // A new file that cannot be written either: the disk, not the file, is the trouble.
        if (isNew) tries = maxTries;
      }
      retire(use);
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    const what = `journal "${folder.path}": record "${record.id}" was not written`;
    throw new MeterError('journal_failed', `${what}: ${reason}`, { cause });
  }

  function encode(record: UsageRecord, isForeseen: boolean): Buffer {
    try {
      return encodeLine(record, isForeseen, folder.crc32);
    } catch (cause) {
      throw new MeterError('record_rejected', `record "${record.id}" cannot be written as JSON`, { cause });
    }
  }

  function begin(use: 'append' | 'spill'): OwnSegment {
    const segment: OwnSegment = { writer: openSegment(folder, options.fsync), isOpen: true, unsettled: 0, spilled: 0 };
    segments.add(segment);
    inUse[use] = segment;
    return segment;
  }

  /** Writes to this file no more. */
  function retire(use: 'append' | 'spill'): void {
    const segment = inUse[use];
    if (segment === undefined) return;
    inUse[use] = undefined;
    segment.isOpen = false;
    attempt(() => segment.writer.close());
    tidy(segment);
  }

  /** Deletes a segment nothing of which is needed. */
  function tidy(segment: OwnSegment): void {
    if (segment.unsettled > 0 || segment.spilled > 0 || !segments.has(segment)) return;
    if (segment.isOpen) {
      if (segment.writer.size() < Math.min(tidyBytes, options.maxSegmentBytes)) return;
      retire(inUse.append === segment ? 'append' : 'spill');
      return;
    }
    segments.delete(segment);
    closeReader(segment);
    attempt(() => folder.remove(segment.writer.file));
  }

  function readSpilled(segment: OwnSegment, limit: number): readonly UsageRecord[] {
    try {
      segment.reader ??= createSegmentReader(folder, segment.writer.file);
      const records = segment.reader?.read(limit) ?? [];
      segment.spilled = Math.max(0, segment.spilled - records.length);
      // At its end: what is missing now cannot be had any more.
      if (records.length < limit && segment.spilled > 0) {
        lose(segment, new Error('the lines are damaged or the file is gone'));
      }
      return records;
    } catch (error) {
      lose(segment, error);
      return [];
    }
  }

  function closeReader(segment: OwnSegment): void {
    const { reader } = segment;
    segment.reader = undefined;
    attempt(() => reader?.close());
  }

  function lose(segment: OwnSegment, cause: unknown): void {
    const what = `${segment.spilled} spilled records of ${segment.writer.file} cannot be read back`;
    segment.spilled = 0;
    onError(new MeterError('record_dropped', `journal "${folder.path}": ${what}`, { cause }));
  }

  /** Tidying may fail without harm: what stays is replayed, and known to the store. */
  function attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      const what = `journal "${folder.path}": a file could not be removed`;
      onError(new MeterError('journal_failed', what, { cause: error }));
    }
  }
}
