import type { HidePolicy } from '../endpoint/provider.ts';
import { joinBytes, lengthOf, writePieces } from '../wire/byte-search.ts';
import { createEventBorders } from '../wire/event-borders.ts';
import { readEventData } from '../wire/sse-event.ts';
import type { AnswerReader } from './answer-reader.ts';
import type { BodyLook } from './body-look.ts';
import { cutNullUsage, hideUsage, isNullAt } from './hide-usage.ts';
import { readUsageIn } from './json-answer.ts';
import { createKeptReads } from './kept-reads.ts';
import type { KeptReads } from './kept-reads.ts';
import { borderAfter, findQuietEvents, findTimings, findUsage } from './quiet-events.ts';
import { readPayload } from './read-events.ts';

/** Above this an event is never one that metering caused: it flows through instead of being held back. */
const heldLimitBytes = 64 * 1024;
/** An event this short may be the end mark, `data: [DONE]`. */
const markLimitBytes = 24;
/** A read this long may be a burst of many events. */
const burstBytes = 2048;

/**
 * Builds the filter of one event stream: it looks at the events as they pass, and takes out what metering itself
 * caused.
 *
 * A read that begins and ends at event borders and holds no `"usage"` passes after one native search, uncopied. In a
 * burst of many events those that report nothing pass together. All others are taken apart event by event. Where nothing
 * is hidden every read passes as it is, and only what is kept for scanning waits for the rest of an event.
 */
export function createUsageFilter(reader: AnswerReader, hide: HidePolicy): BodyLook {
  return new UsageFilter(reader, hide);
}

/** A class, for there is one of these per stream; see ADR 0011. */
class UsageFilter implements BodyLook {
  private readonly reader: AnswerReader;
  private readonly hide: HidePolicy;
  private readonly borders = createEventBorders();
  private readonly kept: KeptReads;
  /** The event under way, as a list of reads that is joined once, at its end. */
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  /** The event under way was too long to hold: its bytes flow, and only its last ones are kept for finding usage in it. */
  private isFlowing = false;
  private wasDropped = false;
  private sampleNext = false;
  /** The stream's own end mark has passed. */
  private isDone = false;

  constructor(reader: AnswerReader, hide: HidePolicy) {
    this.reader = reader;
    this.hide = hide;
    this.kept = createKeptReads(reader);
  }

  pushText(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.kept.see(bytes, false);
    this.takeApart(bytes);
  }

  push(chunk: Uint8Array): Uint8Array | undefined {
    if (chunk.length === 0) return chunk;
    const isClean = this.heldBytes === 0 && this.borders.isClean(chunk);
    this.sampleNext = this.kept.see(chunk, isClean);
    if (this.sampleNext) {
      if (this.kept.showSamples()) this.isDone = true;
    } else if (isClean) {
      const quick = this.passQuickly(chunk);
      if (quick !== undefined) {
        this.wasDropped = false;
        return quick;
      }
    }
    return chunk.length > burstBytes ? this.takeBurst(chunk) : this.takeApart(chunk);
  }

  end(): Uint8Array | undefined {
    if (this.heldBytes === 0) return undefined;
    const rest = joinBytes(this.held);
    this.held = [];
    this.heldBytes = 0;
    if (this.isFlowing) {
      readUsageIn(rest, this.reader);
      return undefined;
    }
    const kept = this.look(rest);
    return this.hide === 'nothing' || kept.length === 0 ? undefined : kept;
  }

  settle(): boolean {
    if (this.kept.show(!this.isDone)) this.isDone = true;
    return this.isDone;
  }

  /** A clean read that holds no report: as it is, or without the one null `usage` that asking put into it. */
  private passQuickly(chunk: Uint8Array): Uint8Array | undefined {
    const at = findUsage(chunk);
    if (at < 0) return chunk;
    if (!isNullAt(chunk, at) || findUsage(chunk, at) >= 0) return undefined;
    return this.hide === 'nothing' ? chunk : cutNullUsage(chunk, at);
  }

  /** A read of many events: those in its middle that report nothing pass together. */
  private takeBurst(chunk: Uint8Array): Uint8Array | undefined {
    const { borders } = this;
    const output: Uint8Array[] = [];
    let isChanged = false;
    let start = 0;
    while (start < chunk.length && (this.sampleNext || this.heldBytes > 0 || !borders.isAtBorder)) {
      const next = borderAfter(chunk, start);
      if (this.passPart(chunk.subarray(start, next), output)) isChanged = true;
      start = next;
    }
    const { end, cuts } = findQuietEvents(chunk, start, this.hide !== 'nothing');
    for (let index = 0; index <= cuts.length; index += 2) {
      const next = cuts[index] ?? end;
      if (next > start) output.push(chunk.subarray(start, next));
      start = cuts[index + 1] ?? end;
    }
    if (end < chunk.length && this.passPart(chunk.subarray(end), output)) isChanged = true;
    if (this.hide === 'nothing' || (!isChanged && cuts.length === 0)) return chunk;
    return output.length > 1 ? joinOver(chunk, output) : output[0];
  }

  /** True where it is not handed on as it is. */
  private passPart(part: Uint8Array, output: Uint8Array[]): boolean {
    const kept = this.takeApart(part);
    if (kept !== undefined) output.push(kept);
    return kept !== part;
  }

  private takeApart(chunk: Uint8Array): Uint8Array | undefined {
    const { borders } = this;
    const isWhole = this.heldBytes === 0;
    let isChanged = false;
    const output: Uint8Array[] = [];
    const ends = borders.find(chunk);
    let from = 0;
    if (borders.strayLineFeed) {
      from = 1;
      if (this.wasDropped) isChanged = true;
      else output.push(chunk.subarray(0, 1));
    }
    for (const end of ends) {
      const part = from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end);
      from = end;
      this.held.push(part);
      const event = this.held.length === 1 ? part : joinBytes(this.held);
      this.held = [];
      this.heldBytes = 0;
      if (this.isFlowing) {
        readUsageIn(event, this.reader);
        output.push(part);
        this.isFlowing = false;
        continue;
      }
      const kept = this.look(event);
      this.wasDropped = kept.length === 0;
      if (kept !== event) isChanged = true;
      if (!this.wasDropped) output.push(kept);
    }
    if (from < chunk.length) this.hold(from === 0 ? chunk : chunk.subarray(from), output);
    if (this.hide === 'nothing') return chunk;
    if (isWhole && !isChanged && (this.heldBytes === 0 || this.isFlowing)) return chunk;
    if (output.length === 0) return undefined;
    return output.length === 1 ? output[0] : joinBytes(output);
  }

  private hold(part: Uint8Array, output: Uint8Array[]): void {
    const { held } = this;
    held.push(part);
    this.heldBytes += part.length;
    if (this.isFlowing) output.push(part);
    else if (this.heldBytes > heldLimitBytes) {
      this.isFlowing = true;
      output.push(...held);
    }
    if (!this.isFlowing || this.heldBytes < 2 * heldLimitBytes) return;
    // Constant memory for an event of any length. What is kept has whole what is cut at the end.
    const passed = joinBytes(held);
    readUsageIn(passed, this.reader);
    this.held = [sliceOf.call(passed, -heldLimitBytes)];
    this.heldBytes = heldLimitBytes;
  }

  /** Reads one complete event and returns what is to be handed on of it. */
  private look(event: Uint8Array): Uint8Array {
    const at = findUsage(event);
    const isSampled = this.sampleNext;
    if (event.length <= markLimitBytes && isEndMark(event)) this.isDone = true;
    if (at < 0 && !isSampled && findTimings(event) < 0) return event;
    if (at >= 0 && !isSampled && isNullAt(event, at) && findUsage(event, at) < 0) {
      const cut = this.hide === 'nothing' ? event : cutNullUsage(event, at);
      if (cut !== undefined) return cut;
    }
    const data = readEventData(event);
    const payload = data === undefined ? undefined : readPayload(data);
    if (data === undefined || payload === undefined) return event;
    this.reader.see(payload);
    if (isSampled) {
      this.sampleNext = false;
      this.reader.sample(payload, event.length);
    }
    return at < 0 ? event : hideUsage(event, data, payload, this.hide);
  }
}

function isEndMark(event: Uint8Array): boolean {
  return readEventData(event)?.text === '[DONE]';
}

// Not the read's own: that of a Buffer is a view.
const sliceOf = Uint8Array.prototype.slice;

/** Joined over a copy of the read: an array without content is filled with zeros first, which costs as much as the rest. */
function joinOver(chunk: Uint8Array, pieces: readonly Uint8Array[]): Uint8Array {
  const length = lengthOf(pieces);
  // What was held back of the reads before may be more than what is cut out.
  return length > chunk.length ? joinBytes(pieces) : writePieces(sliceOf.call(chunk, 0, length), pieces);
}
