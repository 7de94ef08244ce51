import { MeterError } from '../errors.ts';
import { isUnpriced, readableRecord, recordId, storableRecord } from './storable-record.ts';
import type { StorableRecord } from './storable-record.ts';
import { timeBuckets } from './time-buckets.ts';
import {
  checkRecordsQuery,
  checkSeriesQuery,
  checkUsageQuery,
  checkUserId,
  cursorSequence,
  sequenceCursor,
} from './usage-query.ts';
import {
  addTokens,
  compareGroups,
  originShares,
  pointGroup,
  tokenTotals,
  usagePoint,
  usageTotals,
} from './usage-sums.ts';
import type { TokenSums } from './usage-sums.ts';
import type { AppendResult, SeriesQuery, UsageQuery, UsageStore, UsageTotals } from './usage-store.ts';

/** Options of {@link memoryStore}: none so far. */
export type MemoryStoreOptions = Readonly<Record<string, never>>;

/**
 * A store in the memory of this process, for tests and trials. Everything is gone when the process ends.
 *
 * It grows with every record, and every read scans the records of the user, so it is not for production.
 *
 * @throws {@link MeterError} `invalid_options` for an unknown option.
 * @example
 * ```ts
 * const store = memoryStore();
 * const meter = createMeter({ store });
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): UsageStore & Required<Pick<UsageStore, 'userTotals'>> {
  for (const key of Object.keys(options ?? {})) {
    throw new MeterError('invalid_options', `memoryStore: unknown option "${key}"; it takes none`);
  }
  const all: StorableRecord[] = [];
  const ids = new Set<string>();
  const byUser = new Map<string | undefined, StorableRecord[]>();
  let isClosed = false;

  const checkOpen = (): void => {
    if (isClosed) throw new MeterError('closed', 'memoryStore: used after close()');
  };
  const ofUser = (userId: string | null | undefined): readonly StorableRecord[] =>
    userId === undefined ? all : (byUser.get(userId ?? undefined) ?? []);
  const totals = (query: UsageQuery): UsageTotals => {
    const whole = createSum();
    const unpricedCalls = new Set<string>();
    const origins = new Map<string, Sum>();
    for (const { fields } of ofUser(query.userId)) {
      if (!matches(fields, query)) continue;
      whole.add(fields);
      entry(origins, fields.origin, createSum).add(fields);
      if (isUnpriced(fields)) unpricedCalls.add(fields.callId);
    }
    return usageTotals({
      ...whole.result(),
      byOrigin: originShares([...origins].map(([origin, sum]) => [origin, sum.result()] as const)),
      unpricedCalls: unpricedCalls.size,
      rev: ofUser(query.userId).length,
    });
  };

  return {
    capabilities: { durable: false, shared: false },
    async append(records) {
      checkOpen();
      if (!Array.isArray(records)) throw new MeterError('invalid_options', 'append: expected an array of records');
      let inserted = 0;
      let duplicates = 0;
      const rejected: { id: string; error: Error }[] = [];
      for (const record of records) {
        try {
          const stored = storableRecord(record);
          if (ids.has(stored.fields.id)) {
            duplicates += 1;
            continue;
          }
          ids.add(stored.fields.id);
          all.push(stored);
          entry(byUser, stored.fields.attribution.userId, () => []).push(stored);
          inserted += 1;
        } catch (error) {
          rejected.push({ id: recordId(record), error: error instanceof Error ? error : new Error(String(error)) });
        }
      }
      const result: AppendResult = { inserted, duplicates };
      return rejected.length === 0 ? result : { ...result, rejected };
    },
    async totals(query) {
      checkOpen();
      checkUsageQuery(query);
      return totals(query);
    },
    async userTotals(userId) {
      checkOpen();
      checkUserId(userId);
      return totals({ userId });
    },
    async series(query) {
      checkOpen();
      checkSeriesQuery(query);
      const buckets = timeBuckets(query.bucket, query.timeZone);
      const sums = new Map<number, Map<string | undefined, Sum>>();
      for (const { fields } of ofUser(query.userId)) {
        if (!matches(fields, query)) continue;
        const groups = entry(
          sums,
          buckets.spanOf(fields.startedAt.getTime()).start,
          () => new Map<string | undefined, Sum>(),
        );
        entry(groups, groupOf(fields, query.by), createSum).add(fields);
      }
      return [...sums]
        .toSorted(([a], [b]) => a - b)
        .flatMap(([start, groups]) =>
          [...groups]
            .toSorted(([a], [b]) => compareGroups(a, b))
            .map(([key, sum]) => usagePoint({ at: new Date(start), ...sum.result(), ...pointGroup(query.by, key) })),
        );
    },
    async *records(query) {
      checkOpen();
      checkRecordsQuery(query);
      const { after, limit = Infinity, order = 'arrival' } = query;
      const step = order === 'arrival' ? 1 : -1;
      let left = limit;
      let sequence = step + (after === undefined ? (order === 'arrival' ? 0 : all.length + 1) : cursorSequence(after));
      if (step === -1) sequence = Math.min(sequence, all.length);
      for (; left > 0 && sequence >= 1 && sequence <= all.length; sequence += step) {
        const stored = all[sequence - 1];
        if (stored === undefined || !matches(stored.fields, query)) continue;
        left -= 1;
        yield { ...readableRecord(stored), cursor: sequenceCursor(sequence) };
        checkOpen();
      }
    },
    async close() {
      isClosed = true;
    },
  };
}

type Fields = StorableRecord['fields'];

interface Sum {
  add(fields: Fields): void;
  result(): Pick<UsageTotals, 'calls' | 'tokens' | 'picoUsd'>;
}

function createSum(): Sum {
  const calls = new Set<string>();
  const tokens: TokenSums = {};
  let picoUsd = 0n;
  return {
    add(fields) {
      calls.add(fields.callId);
      addTokens(tokens, fields.tokens);
      if (fields.cost.picoUsd !== undefined) picoUsd += BigInt(fields.cost.picoUsd);
    },
    result: () => ({ calls: calls.size, tokens: tokenTotals(tokens), picoUsd }),
  };
}

function matches(fields: Fields, query: UsageQuery): boolean {
  const { attribution, startedAt } = fields;
  const { tags = {} } = query;
  return (
    (query.userId === undefined || (attribution.userId ?? null) === query.userId) &&
    (query.tenantId === undefined || attribution.tenantId === query.tenantId) &&
    (query.conversationId === undefined || attribution.conversationId === query.conversationId) &&
    (query.messageId === undefined || attribution.messageId === query.messageId) &&
    (query.model === undefined || groupOf(fields, 'model') === query.model) &&
    (query.from === undefined || startedAt >= query.from) &&
    (query.to === undefined || startedAt < query.to) &&
    Object.entries(tags).every(
      ([key, value]) => Object.hasOwn(attribution.tags ?? {}, key) && attribution.tags?.[key] === value,
    )
  );
}

function groupOf(fields: Fields, by: SeriesQuery['by']): string | undefined {
  if (by === 'model') return fields.responseModel ?? fields.requestModel;
  if (by === 'user') return fields.attribution.userId;
  return by === 'tenant' ? fields.attribution.tenantId : undefined;
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
