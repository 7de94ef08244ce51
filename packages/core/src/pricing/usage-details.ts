/** Parts that only some price cards care about, as the raw usage object counts them. */
export interface UsageDetails {
  readonly cachedAudio: number | undefined;
  readonly cachedImage: number | undefined;
  readonly imageInput: number | undefined;
  readonly imageOutput: number | undefined;
  /** Written to the cache for an hour (Anthropic). */
  readonly cacheWriteHour: number | undefined;
}

/** Reads the parts that `TokenUsage` has no names for. */
export function usageDetails(rawUsage: unknown): UsageDetails {
  const input = objectAt(rawUsage, 'prompt_tokens_details') ?? objectAt(rawUsage, 'input_tokens_details');
  const output = objectAt(rawUsage, 'completion_tokens_details') ?? objectAt(rawUsage, 'output_tokens_details');
  const cached = objectAt(input, 'cached_tokens_details');
  return {
    cachedAudio: countAt(cached, 'audio_tokens'),
    cachedImage: countAt(cached, 'image_tokens'),
    imageInput: countAt(input, 'image_tokens'),
    imageOutput: countAt(output, 'image_tokens'),
    cacheWriteHour: countAt(objectAt(rawUsage, 'cache_creation'), 'ephemeral_1h_input_tokens'),
  };
}

function objectAt(value: unknown, name: string): unknown {
  const member = memberOf(value, name);
  return typeof member === 'object' && member !== null ? member : undefined;
}

function countAt(value: unknown, name: string): number | undefined {
  const member = memberOf(value, name);
  return typeof member === 'number' && Number.isSafeInteger(member) && member >= 0 ? member : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
