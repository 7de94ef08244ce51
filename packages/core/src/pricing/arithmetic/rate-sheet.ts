import type { PriceRates } from '../price-rates.ts';

/** Rates with every fallback filled in: integer pico-USD, `NaN` where nobody knows the rate. */
export interface RateSheet {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly reasoning: number;
  readonly audioInput: number;
  readonly cacheReadAudio: number;
  readonly audioOutput: number;
  readonly imageInput: number;
  readonly cacheReadImage: number;
  readonly imageOutput: number;
  readonly request: number;
  /** `NaN` where audio is not charged by its length. */
  readonly audioHour: number;
  /** Whether an unknown number of input tokens leaves the price unknown. */
  readonly needsInput: boolean;
  /** The same for output. */
  readonly needsOutput: boolean;
  /** Whether the number of image tokens among the input matters. */
  readonly hasImageInput: boolean;
  /** The same for output. */
  readonly hasImageOutput: boolean;
}

/**
 * Fills in the rates that are not given.
 *
 * Shipped cards leave a rate out where the source is silent, so there audio is not guessed to cost what text does
 * (gpt-4o-audio-preview is off by a factor of 16 that way): `isComplete` says whether silence means the rate of the total.
 * Where audio is charged by its length and nothing by tokens, tokens that are reported as well (Mistral) cost nothing.
 */
export function rateSheet(rates: PriceRates, isComplete: boolean): RateSheet {
  const audioHour = rates.audioHourPicoUsd ?? (rates.audioSecondPicoUsd ?? Number.NaN) * 3600;
  const isByLength = audioHour >= 0 && Object.keys(rates).every((name) => !name.endsWith('PerToken'));
  const unknown = isByLength ? 0 : Number.NaN;
  const input = rates.inputPicoUsdPerToken ?? unknown;
  const output = rates.outputPicoUsdPerToken ?? unknown;
  const cacheRead = rates.cacheReadPicoUsdPerToken ?? input;
  const cacheWrite = rates.cacheWritePicoUsdPerToken ?? input;
  const audioInput = rates.audioInputPicoUsdPerToken ?? (isComplete ? input : unknown);
  const imageInput = rates.imageInputPicoUsdPerToken ?? input;
  const sheet = {
    input,
    output,
    cacheRead,
    cacheWrite,
    cacheWriteHour: rates.cacheWriteHourPicoUsdPerToken ?? (isComplete ? cacheWrite : unknown),
    reasoning: rates.reasoningPicoUsdPerToken ?? output,
    audioInput,
    cacheReadAudio: rates.cacheReadAudioPicoUsdPerToken ?? cachedPart(rates, audioInput, isComplete),
    audioOutput: rates.audioOutputPicoUsdPerToken ?? (isComplete ? output : unknown),
    imageInput,
    cacheReadImage:
      rates.cacheReadImagePicoUsdPerToken ??
      (rates.imageInputPicoUsdPerToken === undefined ? cacheRead : cachedPart(rates, imageInput, isComplete)),
    imageOutput: rates.imageOutputPicoUsdPerToken ?? output,
    request: rates.requestPicoUsd ?? 0,
    audioHour,
  };
  return {
    ...sheet,
    needsInput: [input, cacheRead, cacheWrite, audioInput, imageInput].some((rate) => rate > 0),
    needsOutput: [output, sheet.reasoning, sheet.audioOutput, sheet.imageOutput].some((rate) => rate > 0),
    hasImageInput: !(Object.is(sheet.imageInput, input) && Object.is(sheet.cacheReadImage, cacheRead)),
    hasImageOutput: !Object.is(sheet.imageOutput, output),
  };
}

/** What the cached part of another kind of input costs: the same rate, where the card gives no discount at all. */
function cachedPart(rates: PriceRates, whole: number, isComplete: boolean): number {
  if (rates.cacheReadPicoUsdPerToken === undefined) return whole;
  return isComplete ? rates.cacheReadPicoUsdPerToken : Number.NaN;
}
