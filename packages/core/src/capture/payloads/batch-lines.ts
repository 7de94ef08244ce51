import { joinBytes } from '../wire/byte-search.ts';
import type { BodyLook } from './body-look.ts';
import { readLongBatchLine } from './json-answer.ts';

/** Of a longer line only its beginning and its end are kept: names stand in front, usage behind. */
const maxLineBytes = 1024 * 1024;
const keptBytes = 64 * 1024;
const LINE_FEED = 10;
const OPEN_BRACE = 123;

/** One result of a batch, as the provider wrote it; see the `batch` endpoint of OpenAI. */
export interface BatchLine {
  readonly id?: unknown;
  readonly custom_id: string;
  readonly response?: unknown;
}

/**
 * Looks at a file as it passes, for the result lines of a batch: `{"custom_id": …, "response": {…}}`, one per line. A
 * file whose first line is something else is not looked at any further.
 *
 * @param onLine - Told of each result, parsed; of one above 1 MiB only names and usage.
 */
export function createBatchLines(onLine: (line: BatchLine) => void): BodyLook {
  /** The line under way, as a list of reads that is joined once, at its end. */
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let isLong = false;
  let hasBegun = false;
  let isOther = false;

  return {
    push(chunk) {
      if (!hasBegun && chunk.length > 0) {
        hasBegun = true;
        isOther = chunk[0] !== OPEN_BRACE;
      }
      if (!isOther) takeApart(chunk);
      return chunk;
    },
    pushText(text) {
      for (let from = 0; from < text.length && !isOther;) {
        const end = text.indexOf('\n', from);
        const line = text.slice(from, end < 0 ? text.length : end);
        see(line.length > maxLineBytes ? readLongBatchLine(line) : parsed(line));
        from = end < 0 ? text.length : end + 1;
      }
      isOther = true;
    },
    end() {
      if (!isOther) lineOver();
      isOther = true;
      return undefined;
    },
    settle: () => false,
  };

  function takeApart(chunk: Uint8Array): void {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, from);
      if (end < 0) break;
      hold(chunk.subarray(from, end));
      lineOver();
      if (isOther) return;
      from = end + 1;
    }
    if (from < chunk.length) hold(chunk.slice(from));
  }

  function hold(part: Uint8Array): void {
    held.push(part);
    heldBytes += part.length;
    if (heldBytes <= maxLineBytes) return;
    const all = joinBytes(held);
    held = [all.slice(0, keptBytes), all.slice(-keptBytes)];
    // Grown again by what follows, never beyond one line's limit and one read.
    heldBytes = 2 * keptBytes;
    isLong = true;
  }

  function lineOver(): void {
    const text = new TextDecoder().decode(held.length === 1 ? held[0] : joinBytes(held));
    held = [];
    heldBytes = 0;
    const line = isLong ? readLongBatchLine(text) : parsed(text);
    isLong = false;
    see(line);
  }

  function see(line: unknown): void {
    if (line === undefined) return;
    if (isBatchLine(line)) onLine(line);
    else isOther = true;
  }
}

function isBatchLine(line: unknown): line is BatchLine {
  return (
    typeof line === 'object' &&
    line !== null &&
    'custom_id' in line &&
    typeof line.custom_id === 'string' &&
    'response' in line
  );
}

/** A blank line is no line; one that is no JSON is a file of another kind. */
function parsed(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
