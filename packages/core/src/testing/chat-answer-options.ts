import type { FakeToolCall } from './completion-shape.ts';
import { type DeliveryOptions, deliveryOptionNames } from './delivery-options.ts';
import { type SseOptions, sseOptionNames } from './sse-writer.ts';
import type { StreamOptionsRefusal } from './stream-options-refusal.ts';
import type { UsageOverride } from './wire-usage.ts';

/** Options of `chatAnswer`. All are optional; the defaults make the answer OpenAI would give. */
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

/** Every option, for the check of unknown ones. */
export const chatAnswerOptionNames: Readonly<Record<keyof ChatAnswerOptions, true>> = {
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
