/** The data of one server-sent event, with where each of its pieces stands in the bytes. */
export interface EventData {
  /** All data lines joined by a line feed, decoded. */
  readonly text: string;
  /** The bytes of each data line: start and end in the event's bytes, in order. */
  readonly lines: readonly (readonly [start: number, end: number])[];
  /** The event is named `error`, which the SDK throws whatever its data say. */
  readonly isError: boolean;
}

/**
 * Reads the data lines of one event: LF, CRLF and CR line ends, a leading byte order mark, comments and other fields
 * between, with or without the space after the colon.
 *
 * @param bytes - One event, from its first line to its blank line (or to the end of the stream).
 * @returns `undefined` where the event has no data.
 */
export function readEventData(bytes: Uint8Array): EventData | undefined {
  const lines: [number, number][] = [];
  let isError = false;
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length) {
    let end = at;
    while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end += 1;
    const start = dataStart(bytes, at, end);
    if (start >= 0) lines.push([start, end]);
    else if (bytes[at] === 0x65 && isErrorName(bytes.subarray(at, end))) isError = true;
    at = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
  }
  if (lines.length === 0) return undefined;
  let text = '';
  for (const [index, [start, end]] of lines.entries()) {
    if (index > 0) text += '\n';
    text += decoder.decode(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  }
  return { text, lines, isError };
}

function isErrorName(line: Uint8Array): boolean {
  return line.length <= errorNameBytes && /^event: ?error$/.test(decoder.decode(line));
}

const errorNameBytes = 'event: error'.length;

const LF = 0x0a;
const CR = 0x0d;
// `ignoreBOM` keeps a mark inside data as it is: positions must not shift.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Where the value of a `data` line begins; -1 for other lines. */
function dataStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== 0x64 || bytes[start + 1] !== 0x61 || bytes[start + 2] !== 0x74 || bytes[start + 3] !== 0x61) {
    return -1;
  }
  if (start + 4 === end) return end;
  if (bytes[start + 4] !== 0x3a || start + 4 >= end) return -1;
  return bytes[start + 5] === 0x20 && start + 5 < end ? start + 6 : start + 5;
}
