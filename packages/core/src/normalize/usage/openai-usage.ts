import { isJsonObject } from '../../json-object.ts';
import type { JsonObject } from '../../json-object.ts';
import { largestCount, readCount, readSeconds } from './read-count.ts';
import { settleCounts } from './settle-counts.ts';
import type { TokenUsage } from '../token-usage.ts';

/**
 * Reads a `usage` object: chat, completions and embeddings (`prompt_tokens`), Responses, images, transcriptions and
 * realtime (`input_tokens`), with the spellings of cached tokens that compatible providers use.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object for the shape all others lean on.
 */
export function readOpenaiUsage(usage: JsonObject): TokenUsage | undefined {
  const input = detailsOf(usage, inputDetails);
  const output = detailsOf(usage, outputDetails);
  const hit = usage['prompt_cache_hit_tokens']; // DeepSeek
  return settleCounts({
    inputTokens:
      largestCount(usage['prompt_tokens'], usage['input_tokens']) ?? sumOf(hit, usage['prompt_cache_miss_tokens']),
    outputTokens: largestCount(usage['completion_tokens'], usage['output_tokens']),
    totalTokens: readCount(usage['total_tokens']),
    cacheReadInputTokens: largestCount(
      input['cached_tokens'],
      input['cache_read_input_tokens'], // MiniMax, Bedrock through gateways
      input['cache_read_tokens'],
      hit,
      usage['cached_tokens'], // Moonshot, Together
      usage['num_cached_tokens'], // Mistral
      usage['cache_read_input_tokens'], // Anthropic's word, through gateways
    ),
    cacheWriteInputTokens:
      largestCount(
        input['cache_write_tokens'],
        input['cache_creation_input_tokens'], // DashScope
        input['cache_creation_tokens'], // LiteLLM
        input['cache_write_input_tokens'], // Bedrock through gateways
        input['cached_creation_tokens'],
        usage['cache_write_tokens'],
        usage['cache_creation_input_tokens'],
        usage['cache_creation_tokens'],
      ) ?? writtenByLifetime(usage['cache_creation']),
    reasoningOutputTokens: largestCount(output['reasoning_tokens'], usage['reasoning_tokens']),
    audioInputTokens: readCount(input['audio_tokens']),
    audioOutputTokens: readCount(output['audio_tokens']),
    // OpenAI; Mistral, which says 0 for a piece of a second, and of text.
    audioSeconds: readSeconds(usage['seconds'] ?? (usage['prompt_audio_seconds'] || undefined)),
  });
}

// With one token: OpenAI's realtime, transcriptions and runs, Mistral, llm-d.
const inputDetails = ['prompt_tokens_details', 'input_tokens_details', 'input_token_details', 'prompt_token_details'];
const outputDetails = [
  'completion_tokens_details',
  'output_tokens_details',
  'output_token_details',
  'completion_token_details',
];

/** Null details are unknown, not zero; of two the first that says something is taken. */
function detailsOf(usage: JsonObject, names: readonly string[]): JsonObject {
  let empty: JsonObject = {};
  for (const name of names) {
    const details = usage[name];
    if (!isJsonObject(details)) continue;
    for (const part in details) if (details[part] !== 0 && details[part] !== null) return details;
    empty = details;
  }
  return empty;
}

/** What Anthropic splits by how long it is kept, where the sum is not sent along. */
function writtenByLifetime(creation: unknown): number | undefined {
  return isJsonObject(creation)
    ? sumOf(creation['ephemeral_5m_input_tokens'], creation['ephemeral_1h_input_tokens'])
    : undefined;
}

/** The sum of two counts, where both are there. */
function sumOf(one: unknown, other: unknown): number | undefined {
  const first = readCount(one);
  const second = readCount(other);
  return first === undefined || second === undefined ? undefined : first + second;
}
