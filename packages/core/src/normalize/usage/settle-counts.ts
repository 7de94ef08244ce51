import type { TokenUsage } from '../token-usage.ts';

/** Counts as one wire format spells them, before the rules that hold for all formats. */
export type ReportedCounts = { readonly [Field in keyof TokenUsage]?: TokenUsage[Field] | undefined };

/**
 * Makes reported counts keep the promises of {@link TokenUsage}: parts lie inside their totals, the total covers input
 * and output.
 *
 * - More tokens read from and written to the cache than input: a gateway passed on Anthropic's meaning, in which input
 *   leaves out both, so both are added. So it did where the total is larger than input + output by just these.
 * - A total that is larger by the audio of the input, by its tokens or where only its seconds are named: Mistral counts audio
 *   beside the input, so it is added there.
 * - Any other total above input + output: the rest is reasoning that was left out of the output (xAI and hosted Gemini report it
 *   apart; Gemini's compatible endpoint not at all), so it is added there.
 * - Input and total without output: the difference is the output (Fireworks may leave it out).
 * - A part above its whole is cut to it (seen: reasoning above output in an error chunk of OpenRouter).
 *
 * @returns `undefined` where nothing was counted.
 */
export function settleCounts(reported: ReportedCounts): TokenUsage | undefined {
  const cached = (reported.cacheReadInputTokens ?? 0) + (reported.cacheWriteInputTokens ?? 0);
  let input = reported.inputTokens;
  if (input !== undefined && cached > 0 && (cached > input || isApart(cached, reported))) input += cached;

  let output = reported.outputTokens;
  let reasoning = reported.reasoningOutputTokens;
  let audio = reported.audioInputTokens;
  if (input !== undefined && reported.totalTokens !== undefined) {
    const rest = reported.totalTokens - input - (output ?? 0);
    if (rest > 0 && isAudio(rest, reported)) {
      audio = rest;
      input += rest;
    } else if (rest > 0) {
      if (output !== undefined) reasoning ??= rest;
      output = (output ?? 0) + rest;
    }
  }

  // Member by member, for a list of entries costs more than the rest of this. Absent means absent, not `undefined`.
  const tokens: { -readonly [Field in keyof TokenUsage]: TokenUsage[Field] } = {};
  const total = totalOf(input, output, reported.totalTokens);
  const cacheRead = atMost(input, reported.cacheReadInputTokens);
  const cacheWrite = atMost(input, reported.cacheWriteInputTokens);
  const thought = atMost(output, reasoning);
  const audioInput = atMost(input, audio);
  const audioOutput = atMost(output, reported.audioOutputTokens);
  if (input !== undefined) tokens.inputTokens = input;
  if (output !== undefined) tokens.outputTokens = output;
  if (total !== undefined) tokens.totalTokens = total;
  if (cacheRead !== undefined) tokens.cacheReadInputTokens = cacheRead;
  if (cacheWrite !== undefined) tokens.cacheWriteInputTokens = cacheWrite;
  if (thought !== undefined) tokens.reasoningOutputTokens = thought;
  if (audioInput !== undefined) tokens.audioInputTokens = audioInput;
  if (audioOutput !== undefined) tokens.audioOutputTokens = audioOutput;
  if (reported.audioSeconds !== undefined) tokens.audioSeconds = reported.audioSeconds;
  for (const _ in tokens) return tokens;
  return undefined;
}

/** Whether the total shows that cached tokens stand beside the input; reasoning of that very size would do the same. */
function isApart(cached: number, reported: ReportedCounts): boolean {
  const { inputTokens = 0, outputTokens, totalTokens, reasoningOutputTokens } = reported;
  if (outputTokens === undefined || reasoningOutputTokens === cached) return false;
  return totalTokens === inputTokens + outputTokens + cached;
}

/** Whether what the total has above input and output is the audio that went in. */
function isAudio(rest: number, reported: ReportedCounts): boolean {
  const { outputTokens, audioInputTokens, audioSeconds = 0, reasoningOutputTokens: reasoning } = reported;
  if (outputTokens === undefined || reasoning === rest) return false;
  return audioInputTokens === undefined ? audioSeconds > 0 && reasoning === undefined : audioInputTokens === rest;
}

function totalOf(
  input: number | undefined,
  output: number | undefined,
  reported: number | undefined,
): number | undefined {
  if (input === undefined && output === undefined) return reported;
  const sum = (input ?? 0) + (output ?? 0);
  if (!Number.isSafeInteger(sum)) return undefined;
  return reported === undefined ? sum : Math.max(reported, sum);
}

function atMost(whole: number | undefined, part: number | undefined): number | undefined {
  return whole === undefined || part === undefined ? part : Math.min(whole, part);
}
