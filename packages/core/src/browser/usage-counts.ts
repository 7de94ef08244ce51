import type { TokenUsage } from '../normalize/token-usage.ts';
import { withoutUndefined } from '../without-undefined.ts';

/**
 * Token counts as the browser receives them. `cached` and `cacheWrite` are part of `input`, `reasoning` is part of `output`. A count
 * that nobody reported is absent, never 0. Integers, 0 or more.
 *
 * @example
 * ```ts
 * const counts: UsageCounts = { input: 211, cached: 128, output: 96 };
 * ```
 */
export interface UsageCounts {
  /** All input, cached and cache-written tokens included. */
  readonly input?: number;
  /** Part of `input` read from the provider's prompt cache. */
  readonly cached?: number;
  /** Part of `input` written to the provider's prompt cache. */
  readonly cacheWrite?: number;
  /** All output, reasoning included. */
  readonly output?: number;
  /** Part of `output` that the model spent on reasoning. */
  readonly reasoning?: number;
}

/** The counts a browser gets of ours. */
export function usageCounts(tokens: TokenUsage): UsageCounts {
  return withoutUndefined<UsageCounts>({
    input: shown(tokens.inputTokens),
    cached: shown(tokens.cacheReadInputTokens),
    cacheWrite: shown(tokens.cacheWriteInputTokens),
    output: shown(tokens.outputTokens),
    reasoning: shown(tokens.reasoningOutputTokens),
  });
}

/** The total of a turn or call; `undefined` where nothing is known. */
export function knownTotal({ inputTokens, outputTokens, totalTokens }: TokenUsage): number | undefined {
  if (totalTokens !== undefined) return shownCount(totalTokens);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return shownCount((inputTokens ?? 0) + (outputTokens ?? 0));
}

/** A correction may outweigh the usage of a short period; people are shown 0 then, not a negative count. */
export function shownCount(tokens: number): number {
  return Math.max(0, tokens);
}

function shown(tokens: number | undefined): number | undefined {
  return tokens === undefined ? undefined : shownCount(tokens);
}
