import { tokenUsageFields } from './token-usage.ts';
import type { TokenUsage } from './token-usage.ts';

/** Adds up counts. A count is there in the sum where at least one of the parts had it: missing is not 0. */
export function sumTokens(parts: Iterable<TokenUsage>): TokenUsage {
  const sum: { -readonly [Key in keyof TokenUsage]: number } = {};
  for (const part of parts) {
    for (const field of tokenUsageFields) {
      const count = part[field];
      if (count !== undefined) sum[field] = (sum[field] ?? 0) + count;
    }
  }
  return sum;
}
