import { isJsonObject } from './json-object.ts';
import type { JsonObject } from './json-object.ts';
import { firstCount, readCount, readSeconds } from './read-count.ts';
import { settleCounts } from './settle-counts.ts';
import type { TokenUsage } from './token-usage.ts';

/**
 * Reads a `usage` object: chat, completions and embeddings (`prompt_tokens`), Responses, images, transcriptions and
 * realtime (`input_tokens`), with the spellings of cached tokens that compatible providers use.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object for the shape all others lean on.
 */
export function readOpenaiUsage(usage: JsonObject): TokenUsage | undefined {
  const input = detailsOf(usage, 'prompt_tokens_details', 'input_tokens_details', 'input_token_details');
  const output = detailsOf(usage, 'completion_tokens_details', 'output_tokens_details', 'output_token_details');
  return settleCounts({
    inputTokens: firstCount(usage['prompt_tokens'], usage['input_tokens']),
    outputTokens: firstCount(usage['completion_tokens'], usage['output_tokens']),
    totalTokens: readCount(usage['total_tokens']),
    cacheReadInputTokens: firstCount(
      input['cached_tokens'],
      usage['prompt_cache_hit_tokens'], // DeepSeek
      usage['cached_tokens'], // Moonshot, Together
      usage['num_cached_tokens'], // Mistral
      usage['cache_read_input_tokens'], // Anthropic's word, through gateways
    ),
    cacheWriteInputTokens: firstCount(
      input['cache_write_tokens'],
      input['cache_creation_input_tokens'], // DashScope
      input['cache_creation_tokens'], // LiteLLM
      usage['cache_write_tokens'],
      usage['cache_creation_input_tokens'],
      usage['cache_creation_tokens'],
    ),
    reasoningOutputTokens: firstCount(output['reasoning_tokens'], usage['reasoning_tokens']),
    audioInputTokens: readCount(input['audio_tokens']),
    audioOutputTokens: readCount(output['audio_tokens']),
    audioSeconds: readSeconds(usage['seconds']),
  });
}

/** Null details are unknown, not zero. */
function detailsOf(usage: JsonObject, ...names: readonly string[]): JsonObject {
  for (const name of names) {
    const details = usage[name];
    if (isJsonObject(details)) return details;
  }
  return {};
}
