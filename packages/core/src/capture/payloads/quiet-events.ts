import { byteLeaps, lastByteSearch } from '../wire/byte-search.ts';
import { isNullAt, nullEnd } from './hide-usage.ts';

/** Events one after the other that report nothing: without a `usage`, or with one of null. */
export interface QuietEvents {
  /** Where the first event begins that is not quiet, or not plain enough to tell; else where they all end. */
  readonly end: number;
  /** What is to be cut out of them, ascending: where it begins and where it ends, in turns. */
  readonly cuts: readonly number[];
}

/**
 * Passes over the quiet events at the beginning of a read of many, which would each have to be cut out of the read to be
 * looked at alone.
 *
 * @param from - Where an event begins. A fragment at the end of the read is passed over by nobody.
 * @param hides - Whether a `usage` of null is to be cut out. Then only events are quiet that are one `data:` line, with
 *   that `usage` at the top level.
 */
export function findQuietEvents(bytes: Uint8Array, from: number, hides: boolean): QuietEvents {
  let end = borderBefore(bytes, from, bytes.length);
  if (end === from) return { end, cuts: none };
  const timings = findTimings(bytes.subarray(Math.max(from, end - timingsBytes), end));
  if (timings >= 0) end = borderBefore(bytes, from, Math.max(from, end - timingsBytes) + timings);
  const nulls: number[] = [];
  // The search of `findUsage`, without a call for each event, which would take as long again.
  let at = end - usage.length;
  while (at >= from) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE && isUsageAt(bytes, at)) {
      if (!isNullAt(bytes, at)) {
        end = borderBefore(bytes, from, at);
        nulls.length = 0;
      } else if (hides) nulls.push(at);
    }
    at -= leaps[byte] ?? 1;
  }
  return hides ? withCuts(bytes, from, end, nulls) : { end, cuts: none };
}

const usage = new TextEncoder().encode('"usage"');
/** The last place before a position that may be a report. */
export const findUsage = lastByteSearch('"usage"');
/** llama.cpp reports in `timings` alone where nobody asked for usage, in the last event that has text. */
export const findTimings = lastByteSearch('"timings"');

/** So much of the end of a burst is searched for them. */
const timingsBytes = 4096;
const leaps = byteLeaps(usage);
const none: readonly number[] = [];

function isUsageAt(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + 1] === 0x75 &&
    bytes[at + 2] === 0x73 &&
    bytes[at + 3] === 0x61 &&
    bytes[at + 4] === 0x67 &&
    bytes[at + 5] === 0x65 &&
    bytes[at + 6] === QUOTE
  );
}

type ByteSearch = (this: Uint8Array, byte: number, from: number) => number;
/** Those of a Buffer take a third of the time. */
const indexOf: ByteSearch = globalThis.Buffer?.prototype.indexOf ?? Uint8Array.prototype.indexOf;
const lastIndexOf: ByteSearch = globalThis.Buffer?.prototype.lastIndexOf ?? Uint8Array.prototype.lastIndexOf;

/** @param nulls - Where `"usage"` stands with a null behind it, descending. */
function withCuts(bytes: Uint8Array, from: number, end: number, nulls: readonly number[]): QuietEvents {
  const cuts: number[] = [];
  let line = from;
  for (let index = nulls.length - 1; index >= 0; index -= 1) {
    const at = nulls[index] ?? 0;
    let lineEnd = line > at ? -1 : indexOf.call(bytes, LF, line);
    for (; lineEnd >= 0 && lineEnd < at; lineEnd = indexOf.call(bytes, LF, line)) line = lineEnd + 1;
    const cutEnd = nullEnd(bytes, at) ?? at;
    if (!isOneLine(bytes, from, line, lineEnd) || bytes[at - 1] !== COMMA || !closesOnce(bytes, cutEnd, lineEnd - 1)) {
      const start = borderBefore(bytes, from, at);
      // It may have had a null before this one.
      while ((cuts.at(-1) ?? 0) > start) cuts.length -= 2;
      return { end: start, cuts };
    }
    cuts.push(at - 1, cutEnd);
    line = lineEnd + 2;
  }
  return { end, cuts };
}

/** Whether an event begins and ends with this line, and has data. */
function isOneLine(bytes: Uint8Array, from: number, start: number, end: number): boolean {
  return (
    bytes[end + 1] === LF &&
    (start === from || bytes[start - 2] === LF) &&
    bytes[start] === 0x64 &&
    bytes[start + 1] === 0x61 &&
    bytes[start + 2] === 0x74 &&
    bytes[start + 3] === 0x61 &&
    bytes[start + 4] === COLON
  );
}

/** Whether the last of these bytes closes the object that the first ones are in the middle of, and no other one does. */
function closesOnce(bytes: Uint8Array, from: number, last: number): boolean {
  if (bytes[last] !== CLOSE_BRACE) return false;
  let depth = 0;
  for (let at = from; at < last; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at += 1;
      while (at < last && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
      if (at >= last) return false;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth < 0) return false;
    }
  }
  return depth === 0;
}

/** Where the event ends that begins here, or has this place in it; the end of the bytes where it goes on. */
export function borderAfter(bytes: Uint8Array, from: number): number {
  let lineFeed = indexOf.call(bytes, LF, from);
  while (lineFeed >= 0 && bytes[lineFeed + 1] !== LF) lineFeed = indexOf.call(bytes, LF, lineFeed + 1);
  return lineFeed < 0 ? bytes.length : lineFeed + 2;
}

/** Where the last event ends before a position, if not before `from`, where one begins. */
function borderBefore(bytes: Uint8Array, from: number, position: number): number {
  // A search from before the beginning would be one from the end.
  let lineFeed = position > from ? lastIndexOf.call(bytes, LF, position - 1) : from;
  while (lineFeed > from && bytes[lineFeed - 1] !== LF) lineFeed = lastIndexOf.call(bytes, LF, lineFeed - 1);
  return lineFeed > from ? lineFeed + 1 : from;
}

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
