/**
 * What is charged for what, in integer pico-USD (1e-12 USD), each from 0 to `Number.MAX_SAFE_INTEGER`.
 * $1 per million tokens is 1,000,000 pico-USD per token.
 *
 * A part without a rate of its own is charged at the rate of its total: cached, cache-write, audio and image input at
 * the input rate, reasoning, audio and image output at the output rate. Tokens for which no rate is given at all make a
 * call `unpriced`.
 *
 * @example
 * ```ts
 * const rates: PriceRates = { inputPicoUsdPerToken: 250_000, cacheReadPicoUsdPerToken: 25_000, outputPicoUsdPerToken: 2_000_000 };
 * ```
 */
export interface PriceRates {
  /** Input tokens that are in no other part. */
  readonly inputPicoUsdPerToken?: number;
  /** Output tokens that are in no other part. */
  readonly outputPicoUsdPerToken?: number;
  /** Input tokens read from the prompt cache. */
  readonly cacheReadPicoUsdPerToken?: number;
  /** Input tokens written to the prompt cache for the provider's usual, shortest time. */
  readonly cacheWritePicoUsdPerToken?: number;
  /** Input tokens written to the prompt cache for an hour (Anthropic), where the raw usage tells them apart. */
  readonly cacheWriteHourPicoUsdPerToken?: number;
  /** Output tokens spent thinking. */
  readonly reasoningPicoUsdPerToken?: number;
  /** Audio among the input. */
  readonly audioInputPicoUsdPerToken?: number;
  /** Audio among the input read from the prompt cache. */
  readonly cacheReadAudioPicoUsdPerToken?: number;
  /** Audio among the output. */
  readonly audioOutputPicoUsdPerToken?: number;
  /** Images among the input, where the raw usage counts them. */
  readonly imageInputPicoUsdPerToken?: number;
  /** Images among the input read from the prompt cache. */
  readonly cacheReadImagePicoUsdPerToken?: number;
  /** Images among the output, where the raw usage counts them. */
  readonly imageOutputPicoUsdPerToken?: number;
  /** Added once per call. */
  readonly requestPicoUsd?: number;
  /** One second of audio. */
  readonly audioSecondPicoUsd?: number;
  /** One hour of audio, where a second is no whole number. Not together with `audioSecondPicoUsd`. */
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
