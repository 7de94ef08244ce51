// oxlint-disable typescript/no-unsafe-type-assertion -- the table holds what `createRecordInsert` wrote
import type { Attribution } from '../../../attribution/attribution.ts';
import type { TokenUsage } from '../../../normalize/token-usage.ts';
import type { Cost } from '../../../pricing/cost.ts';
import type { UsageRecord } from '../../../recording/usage-record.ts';
import { withoutUndefined } from '../../../without-undefined.ts';
import type { Row } from '../connection.ts';
import { decodeTags, decodeText } from '../text.ts';
import { tokenColumnPairs } from '../token-columns.ts';

/** The record of a row of `usage_records`, exactly as it was handed in. */
export function rowRecord(row: Row): UsageRecord {
  const number = (column: string): number | undefined => (row[column] ?? undefined) as number | undefined;
  const text = (column: string): string | undefined => {
    const value = row[column];
    return typeof value === 'string' ? decodeText(value) : undefined;
  };
  const instant = (column: string): Date => new Date(row[column] as number);
  const { tags, raw_usage: rawUsage } = row;
  return withoutUndefined<UsageRecord>({
    v: row['v'] as 1,
    kind: row['kind'] as UsageRecord['kind'],
    id: text('id') ?? '',
    callId: text('call_id') ?? '',
    attempt: row['attempt'] as number,
    startedAt: instant('started_at'),
    firstChunkAt: number('first_chunk_at') === undefined ? undefined : instant('first_chunk_at'),
    endedAt: instant('ended_at'),
    provider: text('provider') ?? '',
    operation: text('operation') as UsageRecord['operation'],
    requestModel: text('request_model'),
    responseModel: text('response_model'),
    serviceTier: text('service_tier'),
    responseId: text('response_id'),
    requestId: text('request_id'),
    streamed: row['streamed'] === 1,
    outcome: text('outcome') as UsageRecord['outcome'],
    origin: text('origin') as UsageRecord['origin'],
    tokens: withoutUndefined<TokenUsage>(
      Object.fromEntries(tokenColumnPairs.map(([field, column]) => [field, number(column)] as const)),
    ),
    cost: withoutUndefined<Cost>({
      picoUsd: number('pico_usd'),
      basis: text('cost_basis') as Cost['basis'],
      computedPicoUsd: number('computed_pico_usd'),
      cardId: text('card_id'),
      priceVersion: text('price_version'),
    }),
    attribution: withoutUndefined<Attribution>({
      userId: text('user_id'),
      tenantId: text('tenant_id'),
      conversationId: text('conversation_id'),
      messageId: text('message_id'),
      tags: typeof tags === 'string' ? decodeTags(tags) : undefined,
    }),
    rawUsage: typeof rawUsage === 'string' ? (JSON.parse(rawUsage) as unknown) : undefined,
  });
}
