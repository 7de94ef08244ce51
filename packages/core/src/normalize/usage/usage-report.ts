import type { TokenUsage } from '../token-usage.ts';

/** One report of usage inside an answer: the counts, and the object they were read from. */
export interface UsageReport {
  readonly tokens: TokenUsage;
  /** As the provider sent it. */
  readonly rawUsage: unknown;
}
