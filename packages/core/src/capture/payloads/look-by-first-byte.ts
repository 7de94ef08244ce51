import type { HidePolicy } from '../endpoint/provider.ts';
import { joinBytes } from '../wire/byte-search.ts';
import type { AnswerReader } from './answer-reader.ts';
import type { BodyLook } from './body-look.ts';
import { createJsonCollector } from './json-collector.ts';
import { createUsageFilter } from './usage-filter.ts';

/** Whose body is looked at. */
interface LabelledAnswer {
  readonly reader: AnswerReader;
  /** Whether it is a stream of events: what its label says, until its first byte shows it. */
  streamed: boolean;
}

/**
 * Looks at an answer that may be an event stream or one JSON document, whatever its `content-type` says: the SDK reads
 * events wherever it asked for a stream, and some proxies label all they pass on as JSON, or pass a plain answer on as a stream.
 *
 * The first byte that is not white space shows what it is, so nothing is held back for it; `streamed` is corrected by it,
 * and decides where that byte tells nothing.
 */
export function createLookByFirstByte(answer: LabelledAnswer, hide: HidePolicy): BodyLook {
  return new LookByFirstByte(answer, hide);
}

/** A class, for there is one of these per stream; see ADR 0011. */
class LookByFirstByte implements BodyLook {
  private readonly answer: LabelledAnswer;
  private readonly hide: HidePolicy;
  private look: BodyLook | undefined = undefined;

  constructor(answer: LabelledAnswer, hide: HidePolicy) {
    this.answer = answer;
    this.hide = hide;
  }

  push(chunk: Uint8Array): Uint8Array | undefined {
    if (this.look !== undefined) return this.look.push(chunk);
    let at = 0;
    while (at < chunk.length && isPassedOver(chunk[at])) at += 1;
    if (at === chunk.length) return chunk;
    const look = this.choose(chunk[at]);
    if (at === 0) return look.push(chunk);
    // Half a byte order mark may have passed with the reads before.
    const rest = chunk.subarray(at);
    const kept = look.push(rest);
    return kept === rest ? chunk : joinBytes([chunk.subarray(0, at), kept ?? nothing]);
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
    const { answer } = this;
    if (first === OPEN_BRACE || first === OPEN_BRACKET) answer.streamed = false;
    else if (fieldStarts.has(first)) answer.streamed = true;
    return (this.look = answer.streamed
      ? createUsageFilter(answer.reader, this.hide)
      : createJsonCollector(answer.reader));
  }
}

const nothing = new Uint8Array(0);
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
