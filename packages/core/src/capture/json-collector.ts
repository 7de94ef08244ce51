import type { AnswerReader } from './attempt.ts';
import type { BodyLook } from './answer-watch.ts';
import { joinBytes } from './byte-search.ts';
import { readJsonAnswer } from './json-answer.ts';

/** Of a longer body only its beginning and its end are kept: id and model stand in front, usage behind. */
const keptBytes = 64 * 1024;

/** Collects a plain answer as it passes and shows it to the reader when it is whole. */
export function createJsonCollector(reader: AnswerReader): BodyLook {
  const head: Uint8Array[] = [];
  let headBytes = 0;
  const tail: Uint8Array[] = [];
  let tailBytes = 0;
  let isRead = false;

  return {
    push(chunk) {
      if (headBytes < keptBytes) {
        head.push(chunk);
        headBytes += chunk.length;
      } else {
        tail.push(chunk);
        tailBytes += chunk.length;
        while (tail.length > 1 && tailBytes - (tail[0]?.length ?? 0) >= keptBytes)
          tailBytes -= tail.shift()?.length ?? 0;
      }
      return chunk;
    },
    pushText(text) {
      isRead = true;
      readJsonAnswer(text, reader);
    },
    pushJson(value) {
      isRead = true;
      reader.see(value);
    },
    end() {
      if (isRead) return undefined;
      isRead = true;
      readJsonAnswer(new TextDecoder().decode(joinBytes([...head, ...tail])), reader);
      head.length = 0;
      tail.length = 0;
      return undefined;
    },
    settle: () => false,
  };
}
