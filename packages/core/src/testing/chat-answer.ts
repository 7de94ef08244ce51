import { chatEvents } from './chat-events.ts';
import { checkOptions } from './check-options.ts';
import { argumentsText, chatShape, type FakeToolCall, legacyShape } from './completion-shape.ts';
import { type DeliveryOptions, deliveryOptionNames } from './delivery-options.ts';
import type { ProviderAnswer, WireAnswer } from './provider-answer.ts';
import { asksForUsage, type ProviderRequest } from './provider-request.ts';
import { type SseOptions, sseOptionNames, writeSse } from './sse-writer.ts';
import {
  refuseMisplacedStreamOptions,
  refuseStreamOptions,
  type StreamOptionsRefusal,
} from './stream-options-refusal.ts';
import { chatUsage, jsonWithUsage, type UsageOverride, usageText } from './wire-usage.ts';
import { countInputTokens, lastUserText, splitIntoTokens } from './word-tokens.ts';

/** Options of {@link chatAnswer}. All are optional; the defaults make the answer OpenAI would give. */
export interface ChatAnswerOptions extends DeliveryOptions, SseOptions {
  /** What the model says; default repeats the last user message. One token per word. */
  readonly text?: string;
  /** What the model says, cut into tokens by the test: one stream event each. Goes before `text`. */
  readonly tokens?: readonly string[];
  /** Functions the model wants called. Without `text` or `tokens` it says nothing else. Chat only. */
  readonly toolCalls?: readonly FakeToolCall[];
  /** Default `'stop'`, or `'tool_calls'` where there are any. */
  readonly finishReason?: string;
  /** Answering model; default the one the request names. */
  readonly model?: string;
  /** Answer id; default `chatcmpl-` or `cmpl-` and the number of the request. */
  readonly id?: string;
  /** Default `'fp_fake'`. */
  readonly systemFingerprint?: string | null;
  /** `service_tier` of the answer; default none. */
  readonly serviceTier?: string;
  /** Pads each stream event with an `obfuscation` member of varying length, as OpenAI does; default false. */
  readonly obfuscation?: boolean;

  /**
   * The usage object. Default: one input token per word of the request, one output token per word of the answer. Text
   * goes on the wire as it is, so it may hold numbers and nonsense that `JSON.stringify` would not write.
   */
  readonly usage?: UsageOverride;
  /** When a stream carries usage: `'asked'` (default) by `stream_options.include_usage`, `'always'` or `'never'`. Never also concerns plain answers. */
  readonly usageWhen?: 'asked' | 'always' | 'never';
  /**
   * Where a stream carries usage. `'own-chunk'` (default): a last chunk with `choices: []`. `'finish-chunk'`: beside
   * the finish reason. `'every-chunk'`: on each, growing. `'after-finish'`: a chunk that repeats the finish choice, as
   * OpenRouter does.
   */
  readonly usageAt?: UsagePlace;
  /** The closing `[DONE]`: true (default), false for none, or `'before-usage'` ahead of the usage chunk. */
  readonly done?: boolean | 'before-usage';
  /** Breaks the stream off with an error event, as OpenRouter does. Plain answers are not affected. */
  readonly errorChunk?: ErrorChunkOptions;
  /** Refuses requests with `stream_options`; the same request without them gets the answer. Default false. */
  readonly rejectStreamOptions?: StreamOptionsRefusal;
}

/** Where a stream carries its usage. */
export type UsagePlace = 'own-chunk' | 'finish-chunk' | 'every-chunk' | 'after-finish';

/** The error event inside a stream. Its usage covers the tokens sent so far. */
export interface ErrorChunkOptions {
  /** Tokens that arrive before it. */
  readonly afterTokens: number;
  /** Default 502. */
  readonly code?: number | string;
  /** Default `'Provider disconnected'`. */
  readonly message?: string;
  /** Whether the event carries usage; default false. */
  readonly hasUsage?: boolean;
}

const optionNames: Readonly<Record<keyof ChatAnswerOptions, true>> = {
  ...deliveryOptionNames,
  ...sseOptionNames,
  text: true,
  tokens: true,
  toolCalls: true,
  finishReason: true,
  model: true,
  id: true,
  systemFingerprint: true,
  serviceTier: true,
  obfuscation: true,
  usage: true,
  usageWhen: true,
  usageAt: true,
  done: true,
  errorChunk: true,
  rejectStreamOptions: true,
};

/**
 * An answer to chat completions and legacy completions, plain or streamed as the request wants.
 *
 * A chat stream has these events: one that opens the message, one per token, the finish reason, the usage where it is
 * asked for, and `[DONE]`. Legacy streams have no opening event. `cut`, `stall` and `gate` count them from 0.
 *
 * @throws `MeterError` with code `invalid_options` for an unknown option.
 *
 * @example
 * ```ts
 * provider.enqueue(chatAnswer({ tokens: ['Hel', 'lo'], cut: { afterEvents: 2 } })); // the socket dies after 'Hel'
 * ```
 */
export function chatAnswer(options: ChatAnswerOptions = {}): ProviderAnswer {
  checkOptions('chatAnswer', options, optionNames);
  return { render: (request, context) => renderChat(request, context.createdSeconds, options) };
}

function renderChat(request: ProviderRequest, created: number, options: ChatAnswerOptions): WireAnswer {
  const refusal = refuseStreamOptions(request, options.rejectStreamOptions) ?? refuseMisplacedStreamOptions(request);
  if (refusal !== undefined) return refusal;

  const body = request.body ?? {};
  const isLegacy = request.path.endsWith('/completions') && !request.path.endsWith('/chat/completions');
  const shape = isLegacy ? legacyShape : chatShape;
  const toolCalls = options.toolCalls ?? [];
  const tokens = options.tokens ?? splitIntoTokens(options.text ?? (toolCalls.length > 0 ? '' : reply(body)));
  const finishReason = options.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop');
  const toolTokens = toolCalls.reduce((sum, call) => sum + splitIntoTokens(argumentsText(call)).length, 0);
  const usageAfter = (outputTokens: number): string =>
    usageText(options.usage ?? chatUsage(countInputTokens(body), outputTokens));
  const whole = {
    id: options.id ?? `${shape.idPrefix}-${request.sequence}`,
    created,
    model: options.model ?? (typeof body['model'] === 'string' ? body['model'] : 'fake-model'),
    ...(options.serviceTier === undefined ? {} : { service_tier: options.serviceTier }),
    system_fingerprint: options.systemFingerprint === undefined ? 'fp_fake' : options.systemFingerprint,
  };

  if (body['stream'] !== true) {
    const usage = usageAfter(tokens.length + toolTokens);
    const choices = [shape.plain(tokens.join(''), toolCalls, finishReason)];
    const sent = options.usageWhen === 'never' ? undefined : usage;
    const bytes = jsonWithUsage({ ...whole, object: shape.object, choices }, sent);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      events: [sent === undefined ? { bytes } : { bytes, usage: sent }],
      generatedUsage: usage,
      delivery: options,
    };
  }
  const isAsked = asksForUsage(body);
  const hasUsage = options.usageWhen === 'always' || (isAsked && options.usageWhen !== 'never');
  const events = chatEvents(
    { shape, whole, tokens, toolCalls, toolTokens, finishReason, isAsked, hasUsage, usageAfter },
    options,
  );
  const sentTokens = Math.min(options.errorChunk?.afterTokens ?? Number.POSITIVE_INFINITY, tokens.length);
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    events: writeSse(events, options),
    generatedUsage: usageAfter(options.errorChunk === undefined ? tokens.length + toolTokens : sentTokens),
    isStream: true,
    delivery: options,
  };
}

function reply(body: Readonly<Record<string, unknown>>): string {
  return `You said: ${lastUserText(body)}`.trim();
}
