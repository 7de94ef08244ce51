import type { JsonObject } from '../../json-object.ts';
import { readCount } from './read-count.ts';
import { settleCounts } from './settle-counts.ts';
import type { TokenUsage } from '../token-usage.ts';

/**
 * Reads the `data` of OpenRouter's generation lookup. The native counts are the billed ones; `tokens_*` beside them are
 * normalised to another tokenizer.
 *
 * @see https://openrouter.ai/docs/api-reference/get-a-generation
 */
export function readOpenrouterGeneration(data: JsonObject): TokenUsage | undefined {
  return settleCounts({
    inputTokens: readCount(data['native_tokens_prompt']),
    outputTokens: readCount(data['native_tokens_completion']),
    cacheReadInputTokens: readCount(data['native_tokens_cached']),
    reasoningOutputTokens: readCount(data['native_tokens_reasoning']),
  });
}
