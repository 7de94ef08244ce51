import type { JournalFolder } from './journal-folder.ts';
import { headerLine } from './segment-format.ts';

/** One segment while it is written. */
export interface SegmentWriter {
  readonly file: string;
  /** Bytes in the file, all of whole lines. */
  size(): number;
  /**
   * Writes one line. False: the file was taken by somebody who held us for dead, or deleted, and the line may be lost.
   * Every line before it was in the file when it was taken.
   *
   * @throws what the file system throws; the line is then not in the file, and the file must not be written any more.
   */
  write(line: Buffer): boolean;
  close(): void;
}

/**
 * Begins a segment; the file is made here, its header is written with the first line.
 *
 * @throws what the file system throws.
 */
export function openSegment(folder: JournalFolder, fsync: boolean): SegmentWriter {
  const { fs } = folder;
  const file = folder.nextSegment();
  const path = folder.pathOf(file);
  const descriptor = fs.openSync(path, 'ax', 0o600);
  let size = 0;
  if (fsync) folder.sync();

  return {
    file,
    size: () => size,
    write(line) {
      const bytes = size === 0 ? Buffer.concat([Buffer.from(headerLine), line]) : line;
      try {
        for (let written = 0; written < bytes.length;) {
          written += fs.writeSync(descriptor, bytes, written, bytes.length - written);
        }
        if (fsync) fs.fdatasyncSync(descriptor);
      } catch (error) {
        cutBack();
        throw error;
      }
      size += bytes.length;
      // Looked at after the write: whoever takes the file renames it first and reads it to its end after that, so a name
      // that still stands proves that he will see the line.
      return fs.existsSync(path);
    },
    close() {
      fs.closeSync(descriptor);
    },
  };

  /** Where this fails too, a reader recognises the torn line. */
  function cutBack(): void {
    try {
      fs.ftruncateSync(descriptor, size);
    } catch {
      // Nothing more can be done here, and the caller hears of the first error.
    }
  }
}
