import type { BodyLook } from './answer-watch.ts';
import type { AnswerReader } from './attempt.ts';
import { joinBytes, lastByteSearch } from './byte-search.ts';
import { createEventBorders } from './event-borders.ts';
import { cutNullUsage, hideUsage, isNullAt } from './hide-usage.ts';
import type { HidePolicy } from './hide-usage.ts';
import { readUsageFromEnd } from './json-answer.ts';
import { readEvents, readPayload } from './read-events.ts';
import { readEventData } from './sse-event.ts';

/** Above this an event is never one that metering caused: it flows through instead of being held back. */
const heldLimitBytes = 64 * 1024;
/** What is kept of the stream's end, to find out how it stood when it was left. */
const tailBytes = 1024;
const keptBufferBytes = 2048;
/** An event this short may be the end mark, `data: [DONE]`. */
const markLimitBytes = 24;
/**
 * One read in so many is parsed for the estimate of a cut stream. So are the first ones, which name id and model and show
 * how much comes before any text; but where they are short they are kept instead, and only parsed if there is need: most
 * streams are read to their end.
 */
const sampleEvery = 32;
const samplesAtStart = 4;
const earlyBytes = 1024;
/** From this read on samples are rarer: a long stream has enough of them. */
const manyReads = 256;
const sampleEveryLate = 128;

const findUsage = lastByteSearch('"usage"');
/** llama.cpp reports in `timings` alone where nobody asked for usage. */
const findTimings = lastByteSearch('"timings"');

/**
 * Builds the filter of one event stream: it looks at the events as they pass, and takes out what metering itself
 * caused.
 *
 * A read that begins and ends at event borders and holds no `"usage"` passes after one native search, uncopied. All
 * others are taken apart event by event. Where nothing is hidden every read passes as it is, and only what is kept for
 * scanning waits for the rest of an event.
 */
export function createUsageFilter(reader: AnswerReader, hide: HidePolicy): BodyLook {
  const borders = createEventBorders();
  /** The event under way, as a list of reads that is joined once, at its end. */
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  /** The event under way was too long to hold: its bytes flow, and only its end is kept for finding usage in it. */
  let isFlowing = false;
  let wasDropped = false;
  let reads = 0;
  /** So many reads were parsed of the stream's end when it was last settled. */
  let settledReads = 0;
  let sampleNext = false;
  /** The stream's own end mark has passed. */
  let isDone = false;
  /** The first reads, as far as they were not parsed at once. */
  let early: Uint8Array[] = [];
  let earlyLength = 0;
  /** The last of the other reads, as many as it takes for `tailBytes`. */
  const tail: Uint8Array[] = [];
  let tailLength = 0;

  return {
    pushText(text) {
      const bytes = new TextEncoder().encode(text);
      reads += 1;
      keepEnd(bytes);
      takeApart(bytes);
    },
    push(chunk) {
      if (chunk.length === 0) return chunk;
      reads += 1;
      const isClean = heldBytes === 0 && borders.isClean(chunk);
      const isEarly = reads <= samplesAtStart && isClean && keepEarly(chunk);
      if (!isEarly) keepEnd(chunk);
      sampleNext =
        reads <= samplesAtStart
          ? early.length === 0
          : reads % (reads < manyReads ? sampleEvery : sampleEveryLate) === 0;
      if (sampleNext) readEarly();
      else if (isClean) {
        const quick = passQuickly(chunk);
        if (quick !== undefined) {
          wasDropped = false;
          return quick;
        }
      }
      return takeApart(chunk);
    },
    end() {
      if (heldBytes === 0) return undefined;
      const rest = joinBytes(held);
      held = [];
      heldBytes = 0;
      if (isFlowing) {
        readUsageFromEnd(rest, reader);
        return undefined;
      }
      const kept = look(rest);
      return hide === 'nothing' || kept.length === 0 ? undefined : kept;
    },
    settle() {
      readEarly();
      if (tail.length > 0 && settledReads !== reads && readEvents(joinBytes(tail), reader, settledReads === 0))
        isDone = true;
      settledReads = reads;
      return isDone;
    },
  };

  function keepEarly(chunk: Uint8Array): boolean {
    earlyLength += chunk.length;
    if (earlyLength > earlyBytes) return false;
    early.push(endOf(chunk));
    return true;
  }

  /** Ahead of all other samples: what comes before the first text is no measure of the rest. */
  function readEarly(): void {
    for (const read of early) if (readEvents(read, reader, true)) isDone = true;
    early = [];
  }

  function keepEnd(chunk: Uint8Array): void {
    const end = endOf(chunk);
    tail.push(end);
    tailLength += end.length;
    while (tailLength - (tail[0]?.length ?? 0) >= tailBytes) tailLength -= tail.shift()?.length ?? 0;
  }

  /** A clean read that holds no report: as it is, or without the one null `usage` that asking put into it. */
  function passQuickly(chunk: Uint8Array): Uint8Array | undefined {
    const at = findUsage(chunk);
    if (at < 0) return chunk;
    if (!isNullAt(chunk, at) || findUsage(chunk, at) >= 0) return undefined;
    return hide === 'nothing' ? chunk : cutNullUsage(chunk, at);
  }

  function takeApart(chunk: Uint8Array): Uint8Array | undefined {
    const isWhole = heldBytes === 0;
    let isChanged = false;
    const output: Uint8Array[] = [];
    const ends = borders.find(chunk);
    let from = 0;
    if (borders.strayLineFeed) {
      from = 1;
      if (wasDropped) isChanged = true;
      else output.push(chunk.subarray(0, 1));
    }
    for (const end of ends) {
      const part = from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end);
      from = end;
      held.push(part);
      const event = held.length === 1 ? part : joinBytes(held);
      held = [];
      heldBytes = 0;
      if (isFlowing) {
        readUsageFromEnd(event, reader);
        output.push(part);
        isFlowing = false;
        continue;
      }
      const kept = look(event);
      wasDropped = kept.length === 0;
      if (kept !== event) isChanged = true;
      if (!wasDropped) output.push(kept);
    }
    if (from < chunk.length) hold(from === 0 ? chunk : chunk.subarray(from), output);
    if (hide === 'nothing') return chunk;
    if (isWhole && !isChanged && (heldBytes === 0 || isFlowing)) return chunk;
    if (output.length === 0) return undefined;
    return output.length === 1 ? output[0] : joinBytes(output);
  }

  function hold(part: Uint8Array, output: Uint8Array[]): void {
    held.push(part);
    heldBytes += part.length;
    if (isFlowing) output.push(part);
    else if (heldBytes > heldLimitBytes) {
      isFlowing = true;
      output.push(...held);
    }
    if (isFlowing) {
      // Constant memory for an event of any length: drop the oldest reads while enough of the end remains.
      while (held.length > 1 && heldBytes - (held[0]?.length ?? 0) >= heldLimitBytes) {
        heldBytes -= held.shift()?.length ?? 0;
      }
    }
  }

  /** Reads one complete event and returns what is to be handed on of it. */
  function look(event: Uint8Array): Uint8Array {
    const at = findUsage(event);
    const isSampled = sampleNext;
    if (event.length <= markLimitBytes && isEndMark(event)) isDone = true;
    if (at < 0 && !isSampled && findTimings(event) < 0) return event;
    if (at >= 0 && !isSampled && isNullAt(event, at) && findUsage(event, at) < 0) {
      const cut = hide === 'nothing' ? event : cutNullUsage(event, at);
      if (cut !== undefined) return cut;
    }
    const data = readEventData(event);
    const payload = data === undefined ? undefined : readPayload(data);
    if (data === undefined || payload === undefined) return event;
    reader.see(payload);
    if (isSampled) {
      sampleNext = false;
      reader.sample(payload, event.length);
    }
    return at < 0 ? event : hideUsage(event, data, payload, hide);
  }
}

/** The end of a read, in a buffer that is not much longer: a view would keep all that was read from the socket with it. */
function endOf(chunk: Uint8Array): Uint8Array {
  const isSmall = chunk.length <= tailBytes && chunk.buffer.byteLength <= keptBufferBytes;
  // Not `chunk.slice`: that of a Buffer is a view.
  return isSmall ? chunk : new Uint8Array(chunk.subarray(-tailBytes));
}

function isEndMark(event: Uint8Array): boolean {
  return readEventData(event)?.text === '[DONE]';
}
