import { joinBytes } from '../wire/byte-search.ts';
import type { AnswerReader } from './answer-reader.ts';
import type { BodyLook } from './body-look.ts';
import { readJsonAnswer } from './json-answer.ts';

/** Of a longer body only its beginning and its end are kept: id and model stand in front, usage behind. */
const keptBytes = 64 * 1024;

/** Collects a plain answer as it passes and shows it to the reader when it is whole. */
export function createJsonCollector(reader: AnswerReader): BodyLook {
  return new JsonCollector(reader);
}

const none: Uint8Array[] = [];

/** A class, for there is one of these per plain answer; most are read whole, and nothing is collected. */
class JsonCollector implements BodyLook {
  private readonly reader: AnswerReader;
  private head = none;
  private headBytes = 0;
  private tail = none;
  private tailBytes = 0;
  private isWhole = true;
  private isRead = false;

  constructor(reader: AnswerReader) {
    this.reader = reader;
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.headBytes < keptBytes) {
      if (this.head === none) this.head = [];
      this.head.push(chunk);
      this.headBytes += chunk.length;
    } else {
      const tail = this.tail === none ? (this.tail = []) : this.tail;
      tail.push(chunk);
      this.tailBytes += chunk.length;
      while (tail.length > 1 && this.tailBytes - (tail[0]?.length ?? 0) >= keptBytes) {
        this.tailBytes -= tail.shift()?.length ?? 0;
        this.isWhole = false;
      }
    }
    return chunk;
  }

  pushText(text: string): void {
    this.isRead = true;
    readJsonAnswer(text, this.reader);
  }

  pushJson(value: unknown): void {
    this.isRead = true;
    this.reader.see(value);
  }

  end(): undefined {
    if (this.isRead) return;
    this.isRead = true;
    const bytes = joinBytes([...this.head, ...this.tail]);
    this.head = none;
    this.tail = none;
    readJsonAnswer(new TextDecoder().decode(bytes), this.reader, this.isWhole);
  }

  settle(): boolean {
    return false;
  }
}
