/**
 * Rates in integer pico-USD (1e-12 USD), each from 0 to `Number.MAX_SAFE_INTEGER`. $1 per million tokens is 1,000,000 pico-USD per
 * token.
 *
 * A part without its own rate is charged at the rate of its total: cached, cache-write, audio and image input at the input rate;
 * reasoning, audio and image output at the output rate. A call with tokens for which there is no rate at all is `unpriced`,
 * unless audio is charged by its length and there is no rate per token.
 *
 * @example
 * ```ts
 * const rates: PriceRates = { inputPicoUsdPerToken: 250_000, cacheReadPicoUsdPerToken: 25_000, outputPicoUsdPerToken: 2_000_000 };
 * ```
 */
export interface PriceRates {
  /** Input tokens that belong to no part with its own rate. */
  readonly inputPicoUsdPerToken?: number;
  /** Output tokens that belong to no part with its own rate. */
  readonly outputPicoUsdPerToken?: number;
  /** Input tokens read from the prompt cache. */
  readonly cacheReadPicoUsdPerToken?: number;
  /** Input tokens written to the prompt cache for the provider's default (shortest) lifetime. */
  readonly cacheWritePicoUsdPerToken?: number;
  /** Input tokens written to the prompt cache for an hour (Anthropic) or 12 hours (OpenAI), if the raw usage counts them separately. */
  readonly cacheWriteHourPicoUsdPerToken?: number;
  /** Output tokens spent on reasoning. */
  readonly reasoningPicoUsdPerToken?: number;
  /** Audio input tokens. */
  readonly audioInputPicoUsdPerToken?: number;
  /** Audio input tokens read from the prompt cache. */
  readonly cacheReadAudioPicoUsdPerToken?: number;
  /** Audio output tokens. */
  readonly audioOutputPicoUsdPerToken?: number;
  /** Image input tokens, if the raw usage counts them. */
  readonly imageInputPicoUsdPerToken?: number;
  /** Image input tokens read from the prompt cache. */
  readonly cacheReadImagePicoUsdPerToken?: number;
  /** Image output tokens, if the raw usage counts them. */
  readonly imageOutputPicoUsdPerToken?: number;
  /** Added once per call. */
  readonly requestPicoUsd?: number;
  /** One second of audio. */
  readonly audioSecondPicoUsd?: number;
  /** One hour of audio, if a second is not a whole number. Cannot be combined with `audioSecondPicoUsd`. */
  readonly audioHourPicoUsd?: number;
}

/** Names of all rates of {@link PriceRates}. */
export const rateNames = [
  'inputPicoUsdPerToken',
  'outputPicoUsdPerToken',
  'cacheReadPicoUsdPerToken',
  'cacheWritePicoUsdPerToken',
  'cacheWriteHourPicoUsdPerToken',
  'reasoningPicoUsdPerToken',
  'audioInputPicoUsdPerToken',
  'cacheReadAudioPicoUsdPerToken',
  'audioOutputPicoUsdPerToken',
  'imageInputPicoUsdPerToken',
  'cacheReadImagePicoUsdPerToken',
  'imageOutputPicoUsdPerToken',
  'requestPicoUsd',
  'audioSecondPicoUsd',
  'audioHourPicoUsd',
] as const satisfies readonly (keyof PriceRates)[];
