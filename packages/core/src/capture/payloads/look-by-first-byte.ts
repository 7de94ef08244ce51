import type { Attempt } from '../attempt/attempt.ts';
import type { HidePolicy } from '../endpoint/provider.ts';
import type { BodyLook } from './body-look.ts';
import { createJsonCollector } from './json-collector.ts';
import { createUsageFilter } from './usage-filter.ts';

/**
 * Looks at an answer that may be an event stream or one JSON document, whatever its `content-type` says: the SDK reads
 * events wherever it asked for a stream, and some proxies label all they pass on as JSON, or pass a plain answer on as a stream.
 *
 * What it is shows the first byte that is not white space, so nothing is held back for it. Where that tells nothing, the
 * attempt's `streamed` decides, which is corrected otherwise.
 */
export function createLookByFirstByte(attempt: Attempt, hide: HidePolicy): BodyLook {
  return new LookByFirstByte(attempt, hide);
}

/** A class, for there is one of these per stream; see ADR 0011. */
class LookByFirstByte implements BodyLook {
  private readonly attempt: Attempt;
  private readonly hide: HidePolicy;
  private look: BodyLook | undefined = undefined;

  constructor(attempt: Attempt, hide: HidePolicy) {
    this.attempt = attempt;
    this.hide = hide;
  }

  push(chunk: Uint8Array): Uint8Array | undefined {
    if (this.look !== undefined) return this.look.push(chunk);
    let at = 0;
    while (at < chunk.length && isPassedOver(chunk[at])) at += 1;
    return at < chunk.length ? this.choose(chunk[at]).push(chunk) : chunk;
  }

  pushText(text: string): void {
    this.choose(text.trimStart().charCodeAt(0)).pushText(text);
  }

  end(): Uint8Array | undefined {
    return this.look?.end();
  }

  settle(): boolean {
    return this.look?.settle() === true;
  }

  private choose(first: number | undefined): BodyLook {
    const { attempt } = this;
    if (first === OPEN_BRACE || first === OPEN_BRACKET) attempt.streamed = false;
    else if (fieldStarts.has(first)) attempt.streamed = true;
    return (this.look = attempt.streamed
      ? createUsageFilter(attempt.reader, this.hide)
      : createJsonCollector(attempt.reader));
  }
}

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
/** Of a comment and of `data`, `event`, `id` and `retry`. No JSON document begins so. */
const fieldStarts: ReadonlySet<number | undefined> = new Set([0x3a, 0x64, 0x65, 0x69, 0x72]);

/** White space, or a byte of a byte order mark. */
function isPassedOver(byte: number | undefined): boolean {
  return (
    byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0xef || byte === 0xbb || byte === 0xbf
  );
}
