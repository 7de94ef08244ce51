import type { DeliveryOptions } from '../delivery-options.ts';
import type { EncodedEvent } from './gzip-events.ts';

/** Cuts the bytes of events into the writes a test asked for. */
export interface WriteQueue {
  /** Adds the next event's bytes. */
  add(event: EncodedEvent): void;
  /** Takes the writes that are complete. */
  full(): Iterable<Buffer>;
  /** Takes everything that is left. */
  rest(): Iterable<Buffer>;
  /** Takes the events whose last byte lies within so many bytes of the body. */
  finishedBy(bytesSent: number): Iterable<EncodedEvent>;
}

/** @param limit - Offset in the body at which it ends, whatever else is added. */
export function createWriteQueue(options: DeliveryOptions, limit: number): WriteQueue {
  const { splitEvery, splitAt, eventsPerWrite = 1 } = options;
  const ends: { readonly at: number; readonly event: EncodedEvent }[] = [];
  let waiting: Buffer = Buffer.alloc(0);
  let waitingEvents = 0;
  let added = 0;
  let taken = 0;

  function nextBorder(): number {
    if (splitEvery !== undefined) return Math.min(limit, (Math.floor(taken / splitEvery) + 1) * splitEvery);
    if (splitAt !== undefined) return Math.min(limit, splitAt.find((offset) => offset > taken) ?? limit);
    return limit;
  }

  function take(length: number): Buffer {
    const bytes = waiting.subarray(0, length);
    waiting = waiting.subarray(length);
    taken += length;
    return bytes;
  }

  function* takeUpTo(offset: number): Generator<Buffer> {
    for (let border = nextBorder(); border <= offset && border > taken; border = nextBorder())
      yield take(border - taken);
  }

  function* rest(): Generator<Buffer> {
    const end = Math.min(added, limit);
    yield* takeUpTo(end);
    if (end > taken) yield take(end - taken);
    waitingEvents = 0;
  }

  return {
    add(event) {
      added += event.bytes.length;
      waiting = waiting.length === 0 ? Buffer.from(event.bytes) : Buffer.concat([waiting, event.bytes]);
      waitingEvents += 1;
      ends.push({ at: added, event });
    },
    *full() {
      const isByEvents = splitEvery === undefined && splitAt === undefined;
      if (isByEvents && waitingEvents >= eventsPerWrite) yield* rest();
      else yield* takeUpTo(added);
    },
    rest,
    *finishedBy(bytesSent) {
      for (let first = ends[0]; first !== undefined && first.at <= bytesSent; first = ends[0]) {
        ends.shift();
        yield first.event;
      }
    },
  };
}
