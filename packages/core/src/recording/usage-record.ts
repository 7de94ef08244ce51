import type { Attribution } from '../attribution/attribution.ts';
import type { Operation } from '../capture/endpoint.ts';
import type { TokenUsage } from '../normalize/token-usage.ts';
import type { Cost } from '../pricing/cost.ts';

export type { Operation } from '../capture/endpoint.ts';

/**
 * How an attempt ended. `completed`: the answer was read to its end. `stopped`: the app broke off or aborted.
 * `failed`: time-out, dead socket, 5xx or an error inside the answer. `refused`: the provider answered 4xx.
 * `unread`: the answer came and nobody read it.
 */
export type UsageOutcome = 'completed' | 'stopped' | 'failed' | 'refused' | 'unread';

/**
 * Where the counts come from. `reported`: the provider said so in the answer. `drained`: the same, read after the app
 * had left. `recovered`: looked up at the provider later. `estimated`: guessed from the text that was seen, a lower
 * bound of the answer, and the length of the request. `missing`: unknown. `none`: the call has no usage by nature (moderation, speech).
 */
export type UsageOrigin = 'reported' | 'drained' | 'recovered' | 'estimated' | 'missing' | 'none';

/**
 * One HTTP attempt of one call, as stored: who, what, how many tokens, what it cost. Never prompt or answer text.
 *
 * Attempts of one call share `callId`, and at most one of them carries reported usage, so tokens may be summed over
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
   * Unique, time-ordered, made at the start of the attempt. What several processes may see the usage of (background
   * responses, runs, results of a batch, realtime) has one made of the provider's address and its id there. Stores accept
   * any string and are idempotent by it.
   */
  readonly id: string;
  /** Shared by all attempts of one SDK call. */
  readonly callId: string;
  /** Number of the attempt within its call, from 1. */
  readonly attempt: number;
  /** When the request left. Totals and series place the record here. */
  readonly startedAt: Date;
  /** When the first byte of the answer's body was read. */
  readonly firstChunkAt?: Date;
  /** When the attempt ended, however it ended. */
  readonly endedAt: Date;
  /** Provider by host, for example `openai`, `openrouter`; the host name itself where it is not a known one. */
  readonly provider: string;
  /** The kind of endpoint. */
  readonly operation: Operation;
  /** Model the app asked for. */
  readonly requestModel?: string;
  /** Model that answered. */
  readonly responseModel?: string;
  /** Tier the provider served, for example `default`, `flex`, `priority`. */
  readonly serviceTier?: string;
  /** Id of the answer, for example `chatcmpl-...`. */
  readonly responseId?: string;
  /** The provider's request id header (`x-request-id`). */
  readonly requestId?: string;
  /** True where the answer was an event stream. */
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
   * The usage object as the provider sent it: its numbers and names. Left out is what may be text (strings with a space, of
   * more than 100 characters, or beyond ASCII), and all beyond 1000 members or 8 levels.
   */
  readonly rawUsage?: unknown;
}
