import { withoutUndefined } from '../../without-undefined.ts';
import { frameData } from './frame-data.ts';
import type { FrameData } from './frame-data.ts';
import type { FrameOptions, FrameUsage } from './frame-options.ts';
import { knownTotal, shownCount } from '../usage-counts.ts';
import { isExposed } from '../usage-exposure.ts';

/** Usage in OpenAI's format, as in the last chunk of a chat stream. */
export interface ChunkUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number; readonly audio_tokens?: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number; readonly audio_tokens?: number };
}

/**
 * A usage chunk of OpenAI's chat stream with an additional `kilotoken` field. Assignable to `ChatCompletionChunk` of `openai`.
 *
 * @example
 * ```ts
 * const chunk: UsageChunk = usageChunk(await turn.usage());
 * ```
 */
export interface UsageChunk {
  /** Id of the reply's last answer, as in the chunks before it. */
  readonly id: string;
  readonly object: 'chat.completion.chunk';
  /** Seconds since 1970. */
  readonly created: number;
  /** Name of the model with `expose: ['models']`, else empty: clients expect the field. */
  readonly model: string;
  readonly choices: never[];
  /** `null` if nothing is known about the reply, because OpenAI's format cannot express that otherwise. */
  readonly usage: ChunkUsage | null;
  /** What the widget reads. */
  readonly kilotoken: FrameData;
}

/**
 * Builds the body of {@link usageFrame} as an object, for apps that write their events themselves.
 *
 * @param usage - The result of `turn.usage()`.
 * @returns A plain JSON value. Contains only token counts, unless `expose` adds more.
 * @throws MeterError `invalid_options` if an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * controller.enqueue(`data: ${JSON.stringify(usageChunk(await turn.usage()))}\n\n`);
 * ```
 */
export function usageChunk(usage: FrameUsage, options: FrameOptions = {}): UsageChunk {
  const kilotoken = frameData(usage, options);
  const last = usage.records?.findLast(({ responseId }) => responseId !== undefined) ?? usage.records?.at(-1);
  const startedAt = last?.startedAt.getTime() ?? Date.now();
  return {
    id: last?.responseId ?? kilotoken.id,
    object: 'chat.completion.chunk',
    created: Math.floor(startedAt / 1000),
    model: isExposed(options.expose, 'models') ? (last?.responseModel ?? last?.requestModel ?? '') : '',
    choices: [],
    usage: chunkUsage(usage.tokens),
    kilotoken,
  };
}

/** Where one side is unknown it is what the total leaves for it: the format has no way to say unknown. */
function chunkUsage(tokens: FrameUsage['tokens']): ChunkUsage | null {
  const total = knownTotal(tokens);
  if (total === undefined) return null;
  const { inputTokens, outputTokens } = tokens;
  return withoutUndefined<ChunkUsage>({
    prompt_tokens: shownCount(inputTokens ?? total - (outputTokens ?? 0)),
    completion_tokens: shownCount(outputTokens ?? total - (inputTokens ?? total)),
    total_tokens: total,
    prompt_tokens_details: details({
      cached_tokens: tokens.cacheReadInputTokens,
      audio_tokens: tokens.audioInputTokens,
    }),
    completion_tokens_details: details({
      reasoning_tokens: tokens.reasoningOutputTokens,
      audio_tokens: tokens.audioOutputTokens,
    }),
  });
}

function details<Name extends string>(
  counts: Readonly<Record<Name, number | undefined>>,
): { readonly [Key in Name]?: number } | undefined {
  const known = withoutUndefined<{ readonly [Key in Name]?: number }>(counts);
  return Object.keys(known).length === 0 ? undefined : known;
}
