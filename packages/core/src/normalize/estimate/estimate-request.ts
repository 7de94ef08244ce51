import { estimateTokens } from './estimate-tokens.ts';
import type { Tokenizer } from './safe-tokenizer.ts';

/** So much of a long request is looked at, in pieces spread over it. */
const sampledChars = 512;
const pieces = 8;
/** A tokenizer needs longer pieces: at each cut it counts a word in two. */
const keptChars = 1024;
const keptPieces = 4;

/**
 * Prepares a guess at the input tokens of a request from the text of its body, in constant time: from a spread sample of
 * it.
 *
 * The JSON around the messages is counted with them. A request that holds files in base64 cannot be guessed this way.
 *
 * @param tokenizer - Counts the sample when the guess is needed, and not before. Without it nothing of the text is held.
 * @returns Makes the guess; `undefined` where there is no basis for one.
 */
export function estimateRequestTokens(body: string, tokenizer?: Tokenizer): (() => number) | undefined {
  if (body === '' || body.includes(';base64,')) return undefined;
  const sample = tokenizer === undefined ? sampleOf(body, sampledChars, pieces) : sampleOf(body, keptChars, keptPieces);
  const share = sample.length / body.length;
  if (tokenizer !== undefined) return () => Math.ceil(tokenizer(sample) / share);
  const tokens = Math.ceil(estimateTokens(sample) / share);
  return () => tokens;
}

/** A copy: a mere slice would hold the whole body in memory. */
function sampleOf(body: string, chars: number, count: number): string {
  if (body.length <= chars) return body;
  const size = chars / count;
  const parts = Array.from({ length: count }, (_, piece) => {
    const start = Math.floor(((body.length - size) * piece) / (count - 1));
    return body.slice(start, start + size);
  });
  return parts.join('');
}
