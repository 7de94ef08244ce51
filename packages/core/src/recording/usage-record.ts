import type { Attribution } from '../attribution/attribution.ts';
import type { Operation } from '../capture/endpoint/endpoint.ts';
import type { TokenUsage } from '../normalize/token-usage.ts';
import type { Cost } from '../pricing/cost.ts';

export type { Operation } from '../capture/endpoint/endpoint.ts';

/**
 * How an attempt ended. `completed`: the answer was read to its end. `stopped`: the app left the stream or aborted.
 * `failed`: timeout, broken connection, 5xx or an error inside the answer. `refused`: the provider answered 4xx.
 * `unread`: the answer arrived and nobody read it.
 */
export type UsageOutcome = 'completed' | 'stopped' | 'failed' | 'refused' | 'unread';

/**
 * Where the counts come from. `reported`: from the provider's answer. `drained`: from the answer, read after the app had left it.
 * `recovered`: looked up at the provider later. `estimated`: from the text that arrived (a lower bound for the output) and the length
 * of the request. `missing`: unknown. `none`: this kind of call has no usage (moderation, speech).
 */
export type UsageOrigin = 'reported' | 'drained' | 'recovered' | 'estimated' | 'missing' | 'none';

/**
 * One HTTP attempt of one call, as stored: whose it was, the model, tokens and cost. Never contains prompt or answer text.
 *
 * All attempts of a call have the same `callId`, and at most one of them carries reported usage. So tokens can be summed over
 * records; calls are counted by distinct `callId`.
 *
 * @example
 * ```ts
 * for await (const record of store.records({ userId: 'u1' })) console.log(record.responseModel, record.tokens.totalTokens);
 * ```
 */
export interface UsageRecord {
  /** Version of this shape. */
  readonly v: 1;
  /** `usage` for a call; `adjustment` for a later correction, whose counts and cost may be negative. */
  readonly kind: 'usage' | 'adjustment';
  /**
   * Unique and time-ordered, created at the start of the attempt. If several processes may see the same usage (background
   * responses, runs, batch results, realtime), the id is derived from the provider's address and its id there. Stores accept any
   * string, and store an id only once.
   */
  readonly id: string;
  /** Shared by all attempts of one SDK call. */
  readonly callId: string;
  /** Number of the attempt within its call, from 1. */
  readonly attempt: number;
  /** When the request left. Totals and series use this time. */
  readonly startedAt: Date;
  /** When the first byte of the answer's body was read. */
  readonly firstChunkAt?: Date;
  /** When the attempt ended, however it ended. */
  readonly endedAt: Date;
  /** The provider, recognized by its host, for example `openai` or `openrouter`; the host name itself if it is unknown. */
  readonly provider: string;
  /** The kind of endpoint. */
  readonly operation: Operation;
  /** The model that the app requested. */
  readonly requestModel?: string;
  /** The model that answered. */
  readonly responseModel?: string;
  /** The service tier of the answer, for example `default`, `flex`, `priority`. */
  readonly serviceTier?: string;
  /** Id of the answer, for example `chatcmpl-...`. */
  readonly responseId?: string;
  /** The provider's request id header (`x-request-id`). */
  readonly requestId?: string;
  /** True if the answer was an event stream. */
  readonly streamed: boolean;
  /** How the attempt ended. */
  readonly outcome: UsageOutcome;
  /** Where the counts come from. */
  readonly origin: UsageOrigin;
  /** Counts; absent ones are unknown. */
  readonly tokens: TokenUsage;
  /** Cost in pico-USD, with its basis. */
  readonly cost: Cost;
  /** Whose call it was. */
  readonly attribution: Attribution;
  /**
   * The usage object as the provider sent it: its numbers and names. Anything that may be text is left out (strings with a space,
   * with more than 100 characters, or beyond ASCII), as is everything beyond 1000 members or 8 levels.
   */
  readonly rawUsage?: unknown;
}
