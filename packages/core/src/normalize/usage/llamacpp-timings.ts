import type { JsonObject } from '../../json-object.ts';
import { readCount } from './read-count.ts';
import { settleCounts } from './settle-counts.ts';
import type { TokenUsage } from '../token-usage.ts';

/**
 * Reads the `timings` of llama.cpp, sent where no usage was asked for. `prompt_n` counts only what was not found in the
 * cache.
 *
 * @see https://github.com/ggml-org/llama.cpp/pull/15444
 */
export function readLlamacppTimings(timings: JsonObject): TokenUsage | undefined {
  const fresh = readCount(timings['prompt_n']);
  const cached = readCount(timings['cache_n']);
  return settleCounts({
    inputTokens: fresh === undefined ? undefined : fresh + (cached ?? 0),
    outputTokens: readCount(timings['predicted_n']),
    cacheReadInputTokens: cached,
  });
}
