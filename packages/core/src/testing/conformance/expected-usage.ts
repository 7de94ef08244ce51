import { tokenUsageFields } from '../../normalize/token-usage.ts';
import type { UsageRecord } from '../../recording/usage-record.ts';
import type { SeriesQuery, UsageQuery } from '../../storage/usage-store.ts';

const stepMs = 15 * 60_000;

/** What `totals(query)` must show, worked out the slow and plain way, as its JSON value. */
export function expectedTotals(records: readonly UsageRecord[], query: UsageQuery): unknown {
  const found = records.filter((record) => isMatch(record, query));
  const origins = [...new Set(found.map(({ origin }) => origin))].toSorted();
  return {
    ...expectedSums(found),
    byOrigin: Object.fromEntries(
      origins.map((origin) => [origin, expectedSums(found.filter((record) => record.origin === origin))]),
    ),
    unpricedCalls: distinctCalls(found.filter((record) => isUnpriced(record))),
    rev: records.filter((record) => isMatch(record, query.userId === undefined ? {} : { userId: query.userId })).length,
  };
}

/** Which records `records(query)` must give, in order of arrival, by their ids. */
export function expectedIds(records: readonly UsageRecord[], query: UsageQuery): string[] {
  return records.filter((record) => isMatch(record, query)).map(({ id }) => id);
}

/** What `series(query)` must show, as JSON values in a fixed order. */
export function expectedSeries(records: readonly UsageRecord[], query: SeriesQuery): unknown[] {
  const groups = new Map<string, { at: Date; key: string | undefined; members: UsageRecord[] }>();
  const starts = new Map<number, Date>();
  for (const record of records) {
    if (!isMatch(record, query)) continue;
    const slot = Math.floor(record.startedAt.getTime() / stepMs) * stepMs;
    const at = starts.get(slot) ?? bucketStart(slot, query.bucket, query.timeZone ?? 'UTC');
    starts.set(slot, at);
    const key = groupKey(record, query.by);
    const name = JSON.stringify([at, key]);
    const group = groups.get(name) ?? { at, key, members: [] };
    group.members.push(record);
    groups.set(name, group);
  }
  return inFixedOrder(
    [...groups.values()].map(({ at, key, members }) => ({
      at: at.toISOString(),
      ...expectedSums(members),
      ...(query.by === undefined || key === undefined ? {} : { [groupFields[query.by]]: key }),
    })),
  );
}

/** Points in the order of {@link expectedSeries}: stores are free in the order inside a bucket. */
export function inFixedOrder<T extends { readonly at: unknown }>(points: readonly T[]): T[] {
  const key = (point: T): string => JSON.stringify(Object.entries(point).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return [...points].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The plain value a result turns into on its way through JSON. */
export function jsonOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const groupFields = { model: 'model', user: 'userId', tenant: 'tenantId' } as const;

function expectedSums(records: readonly UsageRecord[]) {
  const tokens: Record<string, number> = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  for (const field of tokenUsageFields) {
    const values = records.map((record) => record.tokens[field]).filter((value) => value !== undefined);
    if (values.length > 0) tokens[field] = values.reduce((sum, value) => sum + value, 0);
  }
  const picoUsd = records.reduce((sum, { cost }) => sum + BigInt(cost.picoUsd ?? 0), 0n);
  return { calls: distinctCalls(records), tokens, picoUsd: String(picoUsd) };
}

function isUnpriced({ cost, tokens }: UsageRecord): boolean {
  return cost.picoUsd === undefined && tokenUsageFields.some((field) => (tokens[field] ?? 0) !== 0);
}

function distinctCalls(records: readonly UsageRecord[]): number {
  return new Set(records.map(({ callId }) => callId)).size;
}

function isMatch({ attribution, startedAt, ...record }: UsageRecord, query: UsageQuery): boolean {
  const { userId, tenantId, conversationId, messageId, model, tags, from, to } = query;
  if (userId === null && attribution.userId !== undefined) return false;
  if (typeof userId === 'string' && attribution.userId !== userId) return false;
  if (tenantId !== undefined && attribution.tenantId !== tenantId) return false;
  if (conversationId !== undefined && attribution.conversationId !== conversationId) return false;
  if (messageId !== undefined && attribution.messageId !== messageId) return false;
  if (model !== undefined && (record.responseModel ?? record.requestModel) !== model) return false;
  if (from !== undefined && startedAt.getTime() < from.getTime()) return false;
  if (to !== undefined && startedAt.getTime() >= to.getTime()) return false;
  return Object.entries(tags ?? {}).every(([key, value]) => attribution.tags?.[key] === value);
}

function groupKey(record: UsageRecord, by: SeriesQuery['by']): string | undefined {
  if (by === 'model') return record.responseModel ?? record.requestModel;
  if (by === 'user') return record.attribution.userId;
  return by === 'tenant' ? record.attribution.tenantId : undefined;
}

/** Walks back in steps of 15 minutes while the wall clock shows the same hour (and offset), date or month. */
function bucketStart(slot: number, bucket: SeriesQuery['bucket'], timeZone: string): Date {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    ...(bucket === 'month' ? {} : { day: '2-digit' }),
    ...(bucket === 'hour' ? { hour: '2-digit', timeZoneName: 'longOffset' } : {}),
  });
  let start = slot;
  const label = format.format(start);
  while (format.format(start - stepMs) === label) start -= stepMs;
  return new Date(start);
}
