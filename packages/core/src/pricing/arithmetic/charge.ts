import type { TokenUsage } from '../../normalize/token-usage.ts';
import { decimalFraction } from './decimal-fraction.ts';
import type { PriceFactor } from '../price-card.ts';
import type { RateSheet } from './rate-sheet.ts';
import { roundHalfEven, safeNumber } from './round-half-even.ts';
import { usageDetails } from './usage-details.ts';

const secondsPerHour = 3600n;

/**
 * What a call costs by one sheet, in integer pico-USD: exact, with one rounding (half to even) where the factor or a
 * duration leaves a fraction. `undefined` where a count or rate that matters is unknown, counts contradict each other,
 * or the result is no safe integer.
 */
export function charge(
  sheet: RateSheet,
  tokens: TokenUsage,
  rawUsage: unknown,
  factor: PriceFactor,
): number | undefined {
  const input = tokens.inputTokens ?? (sheet.needsInput ? Number.NaN : 0);
  const output = tokens.outputTokens ?? (sheet.needsOutput ? Number.NaN : 0);
  const read = tokens.cacheReadInputTokens ?? 0;
  const write = tokens.cacheWriteInputTokens ?? 0;
  const audioIn = tokens.audioInputTokens ?? 0;
  const reasoning = tokens.reasoningOutputTokens ?? 0;
  const audioOut = tokens.audioOutputTokens ?? 0;
  if (!(isCount(input) && isCount(output) && isCount(read) && isCount(write))) return undefined;
  if (!(isCount(audioIn) && isCount(reasoning) && isCount(audioOut))) return undefined;

  let plain = input - read - write - audioIn;
  let picoUsd = sheet.request + times(read, sheet.cacheRead) + times(audioIn, sheet.audioInput);
  if (write > 0 || sheet.hasImageInput || (read > 0 && audioIn > 0)) {
    const split = splitInput(sheet, { input, read, write, audioIn }, rawUsage);
    if (split === undefined) return undefined;
    plain = split.plain;
    picoUsd = sheet.request + split.picoUsd;
  }
  const imageOut = sheet.hasImageOutput ? imageOutputOf(sheet, output, rawUsage) : 0;
  const plainOut = output - reasoning - audioOut - imageOut;
  if (!(plain >= 0 && plainOut >= 0)) return undefined;
  // Where nothing is negative and no sum is beyond the safe integers, no intermediate value was either.
  picoUsd += times(plain, sheet.input) + times(plainOut, sheet.output) + times(reasoning, sheet.reasoning);
  picoUsd += times(audioOut, sheet.audioOutput) + times(imageOut, sheet.imageOutput);

  if (!Number.isSafeInteger(picoUsd)) return undefined;
  if (Number.isNaN(sheet.audioHour)) {
    if (factor[0] === factor[1]) return picoUsd;
    const product = picoUsd * factor[0];
    // Most factors leave nothing to round.
    if (Number.isSafeInteger(product) && product % factor[1] === 0) return product / factor[1];
    return rounded(BigInt(picoUsd), 1n, factor);
  }
  const seconds = decimalFraction(tokens.audioSeconds);
  if (seconds === undefined) return undefined;
  const denominator = seconds.scale * secondsPerHour;
  return rounded(BigInt(picoUsd) * denominator + seconds.digits * BigInt(sheet.audioHour), denominator, factor);
}

/** The input by its parts where that takes the details of the raw usage. */
function splitInput(
  sheet: RateSheet,
  counts: { readonly input: number; readonly read: number; readonly write: number; readonly audioIn: number },
  rawUsage: unknown,
): { readonly plain: number; readonly picoUsd: number } | undefined {
  const { input, read, write, audioIn } = counts;
  const details = usageDetails(rawUsage);
  const isAllNamed = details.textInput !== undefined && details.textInput + audioIn === input;
  const imageIn = sheet.hasImageInput ? (details.imageInput ?? (isAllNamed ? 0 : undefined)) : 0;
  const hour = details.longCacheWrite ?? 0;
  if (imageIn === undefined || hour > write) return undefined;
  const readAudio = overlap(
    read,
    audioIn,
    input - write - imageIn,
    details.cachedAudio,
    sheet.cacheReadAudio + sheet.input - sheet.cacheRead - sheet.audioInput,
  );
  const readImage = overlap(
    read,
    imageIn,
    input - write - audioIn,
    details.cachedImage,
    sheet.cacheReadImage + sheet.input - sheet.cacheRead - sheet.imageInput,
  );
  if (readAudio === undefined || readImage === undefined || readAudio + readImage > read) return undefined;
  const plain = input - read - write - audioIn - imageIn + readAudio + readImage;
  const picoUsd =
    times(read - readAudio - readImage, sheet.cacheRead) +
    times(readAudio, sheet.cacheReadAudio) +
    times(readImage, sheet.cacheReadImage) +
    times(write - hour, sheet.cacheWrite) +
    times(hour, sheet.cacheWriteHour) +
    times(audioIn - readAudio, sheet.audioInput) +
    times(imageIn - readImage, sheet.imageInput);
  return { plain, picoUsd };
}

/**
 * How much of one kind of input came from the cache. Known where reported, where only one answer is possible, or where
 * the price is the same for every answer.
 */
function overlap(
  read: number,
  kind: number,
  room: number,
  reported: number | undefined,
  perToken: number,
): number | undefined {
  if (read === 0 || kind === 0) return 0;
  const least = Math.max(0, read + kind - room);
  const most = Math.min(read, kind);
  if (least > most) return undefined;
  if (reported !== undefined) return reported >= least && reported <= most ? reported : undefined;
  return least === most || perToken === 0 ? least : undefined;
}

/** Where text output has no price, all of the output is images. */
function imageOutputOf(sheet: RateSheet, output: number, rawUsage: unknown): number {
  if (output === 0) return 0;
  return usageDetails(rawUsage).imageOutput ?? (Number.isNaN(sheet.output) ? output : Number.NaN);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** No tokens cost nothing, also where the rate is unknown. */
function times(count: number, rate: number): number {
  return count === 0 ? 0 : count * rate;
}

function rounded(numerator: bigint, denominator: bigint, factor: PriceFactor): number | undefined {
  if (!factor.every((part) => Number.isSafeInteger(part))) return undefined;
  return safeNumber(roundHalfEven(numerator * BigInt(factor[0]), denominator * BigInt(factor[1])));
}
