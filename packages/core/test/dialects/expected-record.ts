import { tokenUsageFields } from '../../src/normalize/token-usage.ts';
import type { TokenUsage, UsageRecord } from '../../src/index.ts';
import type { ReplayedDialect } from './replayed-dialects.ts';

/** The part of a record that a dialect decides. */
export interface DialectRecord {
  readonly outcome: string;
  readonly origin: string;
  readonly attempt: number;
  readonly streamed: boolean;
  readonly tokens: Readonly<Record<string, number>>;
  /** In pico-USD, where the provider said it. */
  readonly providerCost?: number | undefined;
}

/** What every call of a dialect must be recorded as, asked or not. */
export function expectedRecord(dialect: ReplayedDialect): DialectRecord {
  const { expected, audioSeconds, cost, form, sdkThrows } = dialect;
  return {
    outcome: sdkThrows ? 'failed' : 'completed',
    origin: 'reported',
    attempt: 1,
    streamed: form === 'sse',
    tokens: { ...zeroWhereUnknown({}), ...expected, ...(audioSeconds === undefined ? {} : { audioSeconds }) },
    providerCost: cost === undefined ? undefined : Math.round(cost * 1e12),
  };
}

export function dialectPartOf({ outcome, origin, attempt, streamed, tokens, cost }: UsageRecord): DialectRecord {
  return {
    outcome,
    origin,
    attempt,
    streamed,
    tokens: zeroWhereUnknown(tokens),
    providerCost: cost.basis === 'provider' ? cost.picoUsd : undefined,
  };
}

/** The expectations write 0 for a part that was not sent. */
function zeroWhereUnknown(tokens: TokenUsage): Record<string, number> {
  return Object.fromEntries(tokenUsageFields.map((field) => [field, tokens[field] ?? 0]));
}
