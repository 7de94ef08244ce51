import type { AnswerReader } from './attempt.ts';
import { joinBytes } from './byte-search.ts';
import { readEvents } from './read-events.ts';

/**
 * Pieces of a stream that are kept as they pass: its beginning, a few reads from its middle, and its end. They are parsed
 * only where there is need, for most streams are read to their end and say all there what is to be known.
 */
export interface KeptReads {
  /**
   * Sees every read.
   *
   * @param isClean - Whether the read begins and ends at event borders.
   * @returns True where the read is too long to be kept, and is to be parsed at once as a sample.
   */
  see(chunk: Uint8Array, isClean: boolean): boolean;
  /**
   * Shows the reader the beginning and the middle, ahead of whatever else is a sample.
   *
   * @returns True where the stream's own end mark is in its beginning.
   */
  showSamples(): boolean;
  /**
   * Shows the reader all, as far as it is news.
   *
   * @returns True where the stream's own end mark is in it; looked for only where that is asked.
   */
  show(wantsEndMark: boolean): boolean;
}

/** What is kept of the stream's end, to find out how it stood when it was left. */
const tailBytes = 1024;
const keptBufferBytes = 2048;
/** So many reads are the beginning: they name id and model, and show how much comes before any text. */
const earlyReads = 4;
const earlyBytes = 1024;
/** One read in so many is a sample for the estimate of a cut stream, at first: the longer the stream, the rarer. */
const firstSpacing = 32;
const maxMiddleReads = 4;
const middleReadBytes = 512;
/** From this read on those that cannot be kept are sampled as rarely as this. */
const manyReads = 256;
const lateSpacing = 128;

export function createKeptReads(reader: AnswerReader): KeptReads {
  return new Kept(reader);
}

/** A class, for there is one of these per stream; see ADR 0011. */
class Kept implements KeptReads {
  private readonly reader: AnswerReader;
  private reads = 0;
  /** So many reads had been seen when the end was last shown. */
  private shownReads = 0;
  private early = none;
  private earlyLength = 0;
  /** Evenly spread over the stream; where there are too many every other one goes. */
  private middle = none;
  private spacing = firstSpacing;
  /** The last of the other reads, as many as it takes for `tailBytes`. */
  private readonly tail: Uint8Array[] = [];
  private tailLength = 0;
  /** Each read of the stream so far began and ended at event borders. */
  private isClean = true;

  constructor(reader: AnswerReader) {
    this.reader = reader;
  }

  see(chunk: Uint8Array, isClean: boolean): boolean {
    this.reads += 1;
    if (!isClean) this.isClean = false;
    if (this.reads <= earlyReads) {
      if (isClean && this.keepEarly(chunk)) return false;
      this.keepEnd(chunk);
      return this.early.length === 0;
    }
    this.keepEnd(chunk);
    if (this.reads % this.spacing !== 0) return false;
    if (!isClean || chunk.length > middleReadBytes) {
      if (this.reads >= manyReads) this.spacing = Math.max(this.spacing, lateSpacing);
      return true;
    }
    this.keepMiddle(chunk);
    return false;
  }

  showSamples(): boolean {
    return this.showFirst(true);
  }

  show(wantsEndMark: boolean): boolean {
    let hasEndMark = this.showFirst(wantsEndMark);
    if (this.tail.length === 0 || this.shownReads === this.reads) return hasEndMark;
    const isSample = this.shownReads === 0;
    this.shownReads = this.reads;
    // Joined only where an event may lie across two of them.
    const pieces = this.isClean ? this.tail : [joinBytes(this.tail)];
    for (let at = 0; at < pieces.length; at += 1)
      if (readEvents(pieces[at] ?? nothing, this.reader, isSample, wantsEndMark)) hasEndMark = true;
    return hasEndMark;
  }

  private showFirst(wantsEndMark: boolean): boolean {
    const { early, middle, reader } = this;
    this.early = none;
    this.middle = none;
    let hasEndMark = false;
    for (let at = 0; at < early.length; at += 1)
      if (readEvents(early[at] ?? nothing, reader, true, wantsEndMark)) hasEndMark = true;
    // Where the usage is known nothing is estimated.
    if (reader.hasUsage) return hasEndMark;
    for (let at = 0; at < middle.length; at += 1) readEvents(middle[at] ?? nothing, reader, true, false);
    return hasEndMark;
  }

  private keepEarly(chunk: Uint8Array): boolean {
    this.earlyLength += chunk.length;
    if (this.earlyLength > earlyBytes) return false;
    if (this.early === none) this.early = [];
    this.early.push(endOf(chunk));
    return true;
  }

  private keepMiddle(chunk: Uint8Array): void {
    if (this.middle === none) this.middle = [];
    this.middle.push(endOf(chunk));
    if (this.middle.length < maxMiddleReads) return;
    this.middle = this.middle.filter((_, at) => at % 2 === 1);
    this.spacing *= 2;
  }

  private keepEnd(chunk: Uint8Array): void {
    const { tail } = this;
    const end = endOf(chunk);
    tail.push(end);
    this.tailLength += end.length;
    while (this.tailLength - (tail[0]?.length ?? 0) >= tailBytes) this.tailLength -= tail.shift()?.length ?? 0;
  }
}

const none: Uint8Array[] = [];
const nothing = new Uint8Array(0);

/** The end of a read, in a buffer that is not much longer: a view would keep all that was read from the socket with it. */
function endOf(chunk: Uint8Array): Uint8Array {
  const isSmall = chunk.length <= tailBytes && chunk.buffer.byteLength <= keptBufferBytes;
  // Not `chunk.slice`: that of a Buffer is a view.
  return isSmall ? chunk : new Uint8Array(chunk.subarray(-tailBytes));
}
