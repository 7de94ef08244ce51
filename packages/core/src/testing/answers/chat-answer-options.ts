import type { FakeToolCall } from './completion-shape.ts';
import { type DeliveryOptions, deliveryOptionNames } from '../delivery-options.ts';
import { type SseOptions, sseOptionNames } from './sse-writer.ts';
import type { StreamOptionsRefusal } from './stream-options-refusal.ts';
import type { UsageOverride } from './wire-usage.ts';

/** Options of `chatAnswer`. All are optional; with the defaults, the answer is like OpenAI's. */
export interface ChatAnswerOptions extends DeliveryOptions, SseOptions {
  /** Text of the answer, one token per word. Default: repeats the last user message. */
  readonly text?: string;
  /** Text of the answer, split into tokens by the test: one stream event each. Takes precedence over `text`. */
  readonly tokens?: readonly string[];
  /** Functions that the model calls. Without `text` or `tokens`, the answer has no text. Chat only. */
  readonly toolCalls?: readonly FakeToolCall[];
  /** Default `'stop'`, or `'tool_calls'` if there are any. */
  readonly finishReason?: string;
  /** The model that answers; default: the requested one. */
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
   * The usage object. Default: one input token per word of the request, one output token per word of the answer. A string is sent as it
   * is, so it may contain numbers or nonsense that `JSON.stringify` would not write.
   */
  readonly usage?: UsageOverride;
  /** When a stream carries usage: `'asked'` (default, by `stream_options.include_usage`), `'always'` or `'never'`. `'never'` also applies to plain answers. */
  readonly usageWhen?: 'asked' | 'always' | 'never';
  /**
   * Where a stream carries usage. `'own-chunk'` (default): a last chunk with `choices: []`. `'finish-chunk'`: the chunk with the finish
   * reason. `'every-chunk'`: every chunk, with growing counts. `'after-finish'`: a chunk that repeats the finish choice, as
   * OpenRouter does.
   */
  readonly usageAt?: UsagePlace;
  /** The closing `[DONE]`: true (default), false for none, or `'before-usage'` for before the usage chunk. */
  readonly done?: boolean | 'before-usage';
  /** Ends the stream with an error event, as OpenRouter does. Plain answers are not affected. */
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
