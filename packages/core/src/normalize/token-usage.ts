/**
 * Token counts of one call, in the words of the OpenTelemetry GenAI conventions.
 *
 * Every count is a non-negative integer. A count that the provider did not send is absent, never 0; an explicit 0 is 0.
 * Parts are included in their totals and never added to them: `cacheReadInputTokens`, `cacheWriteInputTokens` and
 * `audioInputTokens` in `inputTokens`, `reasoningOutputTokens` and `audioOutputTokens` in `outputTokens`.
 *
 * @example
 * ```ts
 * const tokens: TokenUsage = { inputTokens: 211, outputTokens: 96, totalTokens: 307, cacheReadInputTokens: 128 };
 * ```
 */
export interface TokenUsage {
  /** All input, cached and cache-written tokens included. */
  readonly inputTokens?: number;
  /** All output, reasoning included. */
  readonly outputTokens?: number;
  /** The reported total if it is at least input + output, else their sum. */
  readonly totalTokens?: number;
  /** Part of `inputTokens` that was read from the provider's prompt cache. */
  readonly cacheReadInputTokens?: number;
  /** Part of `inputTokens` that was written to the provider's prompt cache. */
  readonly cacheWriteInputTokens?: number;
  /** Part of `outputTokens` that the model spent on reasoning. */
  readonly reasoningOutputTokens?: number;
  /** Part of `inputTokens` that was audio. */
  readonly audioInputTokens?: number;
  /** Part of `outputTokens` that was audio. */
  readonly audioOutputTokens?: number;
  /** Seconds of audio, for models billed by duration (whisper-1). Never converted to tokens. */
  readonly audioSeconds?: number;
}

/** The names of all counts of {@link TokenUsage}, in a fixed order, for stores that keep one column per count. */
export const tokenUsageFields = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cacheReadInputTokens',
  'cacheWriteInputTokens',
  'reasoningOutputTokens',
  'audioInputTokens',
  'audioOutputTokens',
  'audioSeconds',
] as const satisfies readonly (keyof TokenUsage)[];
