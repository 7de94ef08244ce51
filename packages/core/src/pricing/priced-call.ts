import type { TokenUsage } from '../normalize/token-usage.ts';

/**
 * What the price of a call depends on. Every `UsageRecord` is one.
 *
 * @example
 * ```ts
 * const call: PricedCall = {
 *   provider: 'openai',
 *   responseModel: 'gpt-5-mini-2025-08-07',
 *   startedAt: new Date('2026-11-22T12:00:00Z'),
 *   tokens: { inputTokens: 20_000, outputTokens: 3_000, cacheReadInputTokens: 12_000 },
 * };
 * ```
 */
export interface PricedCall {
  /** Whose API was called, in the words of `UsageRecord.provider`. */
  readonly provider: string;
  /** The kind of endpoint; `batch` is priced as service tier `batch` where the provider named no tier. */
  readonly operation?: string;
  /** Model the app asked for: used where no `responseModel` is known. */
  readonly requestModel?: string;
  /** Model that answered: it decides the price. */
  readonly responseModel?: string;
  /** Tier the provider served. Absent, `default`, `standard`, `auto` and `on_demand` are the base price. */
  readonly serviceTier?: string;
  /** Decides which dated price holds. */
  readonly startedAt: Date;
  /** Counts; parts lie inside their totals. */
  readonly tokens: TokenUsage;
  /** The usage object as the provider sent it, with the provider's own cost where it names one. */
  readonly rawUsage?: unknown;
}
