import { estimateTokens } from './estimate-tokens.ts';

/** Counts the tokens of a text. */
export type Tokenizer = (text: string) => number;

/** A tokenizer that may fail without harm: then the heuristic counts, and `onFault` hears of it. */
export function safeTokenizer(tokenizer: Tokenizer, onFault: (cause: unknown) => void): Tokenizer {
  return (text) => {
    try {
      const tokens = tokenizer(text);
      if (Number.isFinite(tokens) && tokens >= 0) return tokens;
      throw new TypeError(`the tokenizer returned ${String(tokens)} instead of a count`);
    } catch (cause) {
      onFault(cause);
      return estimateTokens(text);
    }
  };
}
