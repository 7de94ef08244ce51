const LF = 0x0a;
const CR = 0x0d;

/** Finds where events end in a byte stream, across reads and for every line end that server-sent events allow. */
export interface EventBorders {
  /**
   * True where the read begins at an event border and ends with one, judged by its last two bytes alone. Leaves the
   * state as it is after a border, so a clean read need not be given to `find`.
   */
  isClean(chunk: Uint8Array): boolean;
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
  /** Nothing of an event was seen since the last border. */
  let atEventStart = true;
  let atLineStart = true;
  let endedWithCr = false;
  let strayLineFeed = false;

  return {
    isClean(chunk) {
      const length = chunk.length;
      return (
        atEventStart &&
        !endedWithCr &&
        length > 2 &&
        chunk[length - 1] === LF &&
        chunk[length - 2] === LF &&
        chunk[0] !== LF &&
        chunk[0] !== CR
      );
    },
    find,
    get strayLineFeed() {
      return strayLineFeed;
    },
  };

  function find(chunk: Uint8Array): number[] {
    let from = 0;
    strayLineFeed = false;
    if (endedWithCr && chunk[0] === LF) {
      strayLineFeed = atEventStart;
      from = 1;
    }
    const ends: number[] = [];
    if (chunk.length > from) {
      if (chunk.indexOf(CR, from) < 0) findLineFeeds(chunk, from, ends);
      else findAllLineEnds(chunk, from, ends);
    }
    endedWithCr = chunk[chunk.length - 1] === CR;
    const lastEnd = ends.at(-1) ?? (strayLineFeed ? 1 : 0);
    atEventStart = lastEnd === chunk.length && (ends.length > 0 || atEventStart);
    return ends;
  }

  function findLineFeeds(chunk: Uint8Array, from: number, ends: number[]): void {
    let lineStart = atLineStart ? from : -1;
    let at = chunk.indexOf(LF, from);
    while (at >= 0) {
      if (at === lineStart) ends.push(at + 1);
      lineStart = at + 1;
      at = chunk[lineStart] === LF ? lineStart : chunk.indexOf(LF, lineStart);
    }
    atLineStart = lineStart === chunk.length;
  }

  function findAllLineEnds(chunk: Uint8Array, from: number, ends: number[]): void {
    let at = from;
    while (at < chunk.length) {
      const byte = chunk[at];
      if (byte !== LF && byte !== CR) {
        atLineStart = false;
        at += 1;
        continue;
      }
      at += byte === CR && chunk[at + 1] === LF ? 2 : 1;
      if (atLineStart) ends.push(at);
      atLineStart = true;
    }
  }
}
