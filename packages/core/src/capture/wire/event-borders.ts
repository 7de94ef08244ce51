const LF = 0x0a;
const CR = 0x0d;

/** Finds where events end in a byte stream, across reads and for every line end that server-sent events allow. */
export interface EventBorders {
  /**
   * True where the read begins at an event border and ends with one, judged by its last two bytes alone. Leaves the
   * state as it is after a border, so a clean read need not be given to `find`.
   */
  isClean(chunk: Uint8Array): boolean;
  /** The next byte is the first of an event, whatever it is. */
  readonly isAtBorder: boolean;
  /**
   * The positions in this read behind each blank line.
   *
   * Where `strayLineFeed` is true afterwards, the first byte is the second half of a CR LF whose CR ended the event
   * before, and belongs to no event.
   */
  find(chunk: Uint8Array): number[];
  readonly strayLineFeed: boolean;
}

export function createEventBorders(): EventBorders {
  return new Borders();
}

/** A class, for there is one of these per stream; see ADR 0011 for what getters of object literals cost. */
class Borders implements EventBorders {
  strayLineFeed = false;
  /** Nothing of an event was seen since the last border. */
  private atEventStart = true;
  private atLineStart = true;
  private endedWithCr = false;

  get isAtBorder(): boolean {
    return this.atEventStart && !this.endedWithCr;
  }

  isClean(chunk: Uint8Array): boolean {
    const length = chunk.length;
    return (
      this.isAtBorder &&
      length > 2 &&
      chunk[length - 1] === LF &&
      chunk[length - 2] === LF &&
      chunk[0] !== LF &&
      chunk[0] !== CR
    );
  }

  find(chunk: Uint8Array): number[] {
    let from = 0;
    this.strayLineFeed = false;
    if (this.endedWithCr && chunk[0] === LF) {
      this.strayLineFeed = this.atEventStart;
      from = 1;
    }
    const ends: number[] = [];
    if (chunk.length > from) {
      if (chunk.indexOf(CR, from) < 0) this.findLineFeeds(chunk, from, ends);
      else this.findAllLineEnds(chunk, from, ends);
    }
    this.endedWithCr = chunk[chunk.length - 1] === CR;
    const lastEnd = ends.at(-1) ?? (this.strayLineFeed ? 1 : 0);
    this.atEventStart = lastEnd === chunk.length && (ends.length > 0 || this.atEventStart);
    return ends;
  }

  private findLineFeeds(chunk: Uint8Array, from: number, ends: number[]): void {
    let lineStart = this.atLineStart ? from : -1;
    let at = chunk.indexOf(LF, from);
    while (at >= 0) {
      if (at === lineStart) ends.push(at + 1);
      lineStart = at + 1;
      at = chunk[lineStart] === LF ? lineStart : chunk.indexOf(LF, lineStart);
    }
    this.atLineStart = lineStart === chunk.length;
  }

  private findAllLineEnds(chunk: Uint8Array, from: number, ends: number[]): void {
    let at = from;
    while (at < chunk.length) {
      const byte = chunk[at];
      if (byte !== LF && byte !== CR) {
        this.atLineStart = false;
        at += 1;
        continue;
      }
      at += byte === CR && chunk[at + 1] === LF ? 2 : 1;
      if (this.atLineStart) ends.push(at);
      this.atLineStart = true;
    }
  }
}
