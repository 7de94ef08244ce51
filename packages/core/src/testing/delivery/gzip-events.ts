import { crc32, constants, deflateRawSync } from 'node:zlib';
import { markLast } from '../mark-last.ts';

/** Bytes of one event, ready for the wire. */
export interface EncodedEvent {
  readonly bytes: Uint8Array;
  readonly usage?: string;
}

/**
 * Compresses events into one gzip archive that can be read up to each event as soon as that event has arrived.
 *
 * Every event is a deflate part of its own, ended by a sync flush; such parts may be put in a row.
 */
export function* gzipEvents(events: Iterable<EncodedEvent>): Generator<EncodedEvent> {
  let isFirst = true;
  let checksum = 0;
  let length = 0;
  for (const [event, isLast] of markLast(events)) {
    checksum = crc32(event.bytes, checksum);
    length += event.bytes.length;
    const parts: Uint8Array[] = [deflateRawSync(event.bytes, { finishFlush: constants.Z_SYNC_FLUSH })];
    if (isFirst) parts.unshift(header);
    if (isLast) parts.push(trailer(checksum, length));
    isFirst = false;
    yield { ...event, bytes: Buffer.concat(parts) };
  }
}

// Magic, method deflate, no flags, no time, no level, Unix.
const header = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0x03]);

function trailer(checksum: number, length: number): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.set([0x03, 0x00]); // an empty last deflate block
  bytes.writeUInt32LE(checksum, 2);
  bytes.writeUInt32LE(length % 2 ** 32, 6);
  return bytes;
}
