/** Parts that only some price cards care about, as the raw usage object counts them. */
export interface UsageDetails {
  readonly cachedAudio: number | undefined;
  readonly cachedImage: number | undefined;
  readonly textInput: number | undefined;
  readonly imageInput: number | undefined;
  readonly imageOutput: number | undefined;
  /** Written to the cache for longer than the shortest time: for an hour (Anthropic), for 12 (OpenAI). */
  readonly longCacheWrite: number | undefined;
}

/** Reads the parts that `TokenUsage` has no names for. */
export function usageDetails(rawUsage: unknown): UsageDetails {
  const input = detailsOf(rawUsage, 'prompt', 'input');
  const cached = objectAt(input, 'cached_tokens_details');
  return {
    cachedAudio: countAt(cached, 'audio_tokens'),
    cachedImage: countAt(cached, 'image_tokens'),
    textInput: countAt(input, 'text_tokens'),
    imageInput: countAt(input, 'image_tokens'),
    imageOutput: countAt(detailsOf(rawUsage, 'completion', 'output'), 'image_tokens'),
    longCacheWrite:
      countAt(objectAt(rawUsage, 'cache_creation'), 'ephemeral_1h_input_tokens') ??
      countAt(objectAt(input, 'cache_creation_token_details'), 'ephemeral_1h_input_tokens') ?? // LiteLLM
      countAt(objectAt(input, 'cache_write_tokens_details'), 'ttl_12h_tokens'),
  };
}

/** Realtime and transcriptions spell the name with one token. */
function detailsOf(rawUsage: unknown, ...sides: readonly string[]): unknown {
  for (const side of sides)
    for (const name of [`${side}_tokens_details`, `${side}_token_details`]) {
      const details = objectAt(rawUsage, name);
      if (details !== undefined) return details;
    }
  return undefined;
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
