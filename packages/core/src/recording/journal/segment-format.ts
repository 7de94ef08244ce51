import type { UsageRecord } from '../usage-record.ts';

/**
 * A segment is a header line and one line per record: `<crc32 of the JSON, 8 hex digits> <its length in bytes> <JSON>\n`.
 * The header names the format, and the oldest reader's version that can still read it, so that a release can add to the
 * format without locking its predecessor out.
 *
 * A record that was foreseen has a space at the end of its JSON. Readers that do not know what that means take it for any other.
 */
export const headerLine = 'kilotoken-journal 1 1\n';

const readerVersion = 1;
const headerPattern = /^kilotoken-journal (\d{1,4}) (\d{1,4})\n/;
const linePattern = /^([0-9a-f]{8}) (\d{1,9}) /;
const longestPrefix = 8 + 1 + 9 + 1;
const newline = 10;
const space = 32;

type Crc32 = (bytes: Uint8Array | string) => number;

/** What stands at a place of a segment. `incomplete`: more bytes are needed to tell. */
export type Line =
  | {
      readonly kind: 'record';
      readonly record: UsageRecord;
      readonly isForeseen: boolean;
      readonly end: number;
      readonly isTerminated: boolean;
    }
  | { readonly kind: 'header'; readonly end: number }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'bad'; readonly end: number }
  | { readonly kind: 'incomplete' };

/**
 * The line of a record.
 *
 * @throws where JSON cannot carry the record.
 */
export function encodeLine(record: UsageRecord, isForeseen: boolean, crc32: Crc32): Buffer {
  const json = JSON.stringify(record) + (isForeseen ? ' ' : '');
  return Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${Buffer.byteLength(json)} ${json}\n`);
}

/** Reads the header, which starts at the first byte of a segment. */
export function readHeader(bytes: Buffer): Line {
  const end = bytes.indexOf(newline) + 1;
  if (end === 0) return { kind: 'incomplete' };
  const match = headerPattern.exec(bytes.toString('latin1', 0, Math.min(end, 64)));
  if (match === null) return { kind: 'bad', end };
  return Number(match[2]) > readerVersion ? { kind: 'newer', version: Number(match[1]) } : { kind: 'header', end };
}

/**
 * Reads the line that starts at `start`; `isLast` says that no bytes follow those given. By length first, so a record is
 * whole as soon as its checksum fits; what does not fit ends at the next newline.
 */
export function readLine(bytes: Buffer, start: number, isLast: boolean, crc32: Crc32): Line {
  const prefix = linePattern.exec(bytes.toString('latin1', start, start + longestPrefix));
  if (prefix !== null) {
    const jsonStart = start + prefix[0].length;
    const jsonEnd = jsonStart + Number(prefix[2]);
    if (jsonEnd >= bytes.length && !isLast) return { kind: 'incomplete' };
    if (jsonEnd <= bytes.length && crc32(bytes.subarray(jsonStart, jsonEnd)) === Number.parseInt(prefix[1] ?? '', 16)) {
      const record = parseRecord(bytes.toString('utf8', jsonStart, jsonEnd));
      const isTerminated = jsonEnd < bytes.length;
      const isForeseen = bytes[jsonEnd - 1] === space;
      const end = jsonEnd + (isTerminated ? 1 : 0);
      if (record !== undefined) return { kind: 'record', record, isForeseen, end, isTerminated };
    }
  }
  const end = bytes.indexOf(newline, start) + 1;
  return end === 0 ? { kind: 'incomplete' } : { kind: 'bad', end };
}

function parseRecord(json: string): UsageRecord | undefined {
  try {
    const record = JSON.parse(json) as UsageRecord & { startedAt: string; endedAt: string; firstChunkAt?: string };
    return {
      ...record,
      startedAt: instant(record.startedAt),
      ...(record.firstChunkAt === undefined ? {} : { firstChunkAt: instant(record.firstChunkAt) }),
      endedAt: instant(record.endedAt),
    };
  } catch {
    return undefined;
  }
}

/** An invalid date was written as null; the store shall refuse it as it would have then. */
function instant(text: string | null): Date {
  return new Date(text ?? Number.NaN);
}
