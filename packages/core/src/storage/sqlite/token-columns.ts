import { tokenUsageFields } from '../../normalize/token-usage.ts';
import type { TokenUsage } from '../../normalize/token-usage.ts';

/** Column of each token count, in the record table and in the totals table. */
const tokenColumns = {
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  totalTokens: 'total_tokens',
  cacheReadInputTokens: 'cache_read_input_tokens',
  cacheWriteInputTokens: 'cache_write_input_tokens',
  reasoningOutputTokens: 'reasoning_output_tokens',
  audioInputTokens: 'audio_input_tokens',
  audioOutputTokens: 'audio_output_tokens',
  audioSeconds: 'audio_seconds',
} as const satisfies Record<keyof TokenUsage, string>;

/** The same as pairs of field and column. */
export const tokenColumnPairs = tokenUsageFields.map((field) => [field, tokenColumns[field]] as const);

export const tokenColumnNames: readonly string[] = tokenColumnPairs.map(([, column]) => column);

/** Cost sums are kept as two columns, so that they may grow beyond 64 bits: `high * moneyUnit + low`. */
export const moneyUnit = 1_000_000_000n;
