import { joinBytes } from '../wire/byte-search.ts';
import type { AnswerReader } from './answer-reader.ts';
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

/** A read is kept up to this, and one that is shorter than the next shares its place at the end with those behind it. */
const keptBytes = 1024;
const shortBytes = 256;
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
  /** Reads are views of buffers that are far longer: some are made so by the runtime, and then all of a stream. */
  private areViews = false;
  /** Evenly spread over the stream; where there are too many every other one goes. */
  private middle = none;
  private spacing = firstSpacing;
  /**
   * The last of the other reads, to find out how the stream stood when it was left: a ring, for it costs each event. A
   * place is two entries, so that nothing is joined where most reads are a little short, as events of many providers are.
   */
  private tail = emptyTail();
  private last = 0;
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
    const tail = this.tailInOrder();
    if (tail.length === 0 || this.shownReads === this.reads) return hasEndMark;
    const isSample = this.shownReads === 0;
    this.shownReads = this.reads;
    // Joined only where an event may lie across two of them.
    const pieces = this.isClean ? tail : [joinBytes(tail)];
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
    // Not by `push`, which takes space for many more.
    this.early = [...this.early, this.endOf(chunk)];
    return true;
  }

  private keepMiddle(chunk: Uint8Array): void {
    this.middle = [...this.middle, this.endOf(chunk)];
    if (this.middle.length < maxMiddleReads) return;
    this.middle = this.middle.filter((_, at) => at % 2 === 1);
    this.spacing *= 2;
  }

  private keepEnd(chunk: Uint8Array): void {
    const end = this.endOf(chunk);
    // What is missing of it would be between its end and the reads before.
    if (end.length < chunk.length) this.tail = emptyTail();
    const { tail, last } = this;
    const first = tail[last] ?? nothing;
    const second = tail[last + 1] ?? nothing;
    const length = first.length + second.length;
    if (length === 0 || length >= shortBytes) {
      const next = (last + 2) % tail.length;
      tail[next] = end;
      tail[next + 1] = nothing;
      this.last = next;
    } else {
      if (second.length > 0) tail[last] = joinBytes([first, second]);
      tail[last + 1] = end;
    }
  }

  private tailInOrder(): Uint8Array[] {
    const { tail, last } = this;
    return [...tail.slice(last + 2), ...tail.slice(0, last + 2)].filter((read) => read.length > 0);
  }

  /** The end of a read, in a buffer that is not much longer: a view would keep all that was read from the socket with it. */
  private endOf(chunk: Uint8Array): Uint8Array {
    if (chunk.length <= keptBytes) {
      // To ask for a buffer costs more than the rest: only the first reads are asked.
      if (this.reads <= earlyReads && chunk.buffer.byteLength > keptBufferBytes) this.areViews = true;
      if (!this.areViews) return chunk;
    }
    // Not `chunk.slice`: that of a Buffer is a view.
    return new Uint8Array(chunk.subarray(-keptBytes));
  }
}

const none: readonly Uint8Array[] = [];
const nothing = new Uint8Array(0);

function emptyTail(): Uint8Array[] {
  return [nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing];
}
