import { estimateTokens } from './estimate-tokens.ts';

/** So much of a long request is looked at, in pieces spread over it. */
const sampledChars = 512;
const pieces = 8;

/**
 * Guesses the input tokens of a request from the text of its body, in constant time: from a spread sample of it.
 *
 * The JSON around the messages is counted with them. A request that holds files in base64 cannot be guessed this way.
 *
 * @returns `undefined` where there is no basis for a guess.
 */
export function estimateRequestTokens(body: string): number | undefined {
  if (body === '' || body.includes(';base64,')) return undefined;
  if (body.length <= sampledChars) return Math.ceil(estimateTokens(body));
  const size = sampledChars / pieces;
  let tokens = 0;
  for (let piece = 0; piece < pieces; piece += 1) {
    const start = Math.floor(((body.length - size) * piece) / (pieces - 1));
    tokens += estimateTokens(body.slice(start, start + size));
  }
  return Math.ceil((tokens / sampledChars) * body.length);
}
