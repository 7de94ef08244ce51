// The meter
export { createMeter } from './create-meter.ts';
export type { Meter, MeterStats, Turn, TurnCost, TurnStored, TurnUsage, TurnWait } from './meter.ts';
export type { MeterOptions, QueueOptions, StopPolicy } from './options.ts';
export type { InjectCall, InjectMode } from './capture/request/injection.ts';
export { isMeterError, MeterError } from './errors.ts';
export type { MeterErrorCode } from './errors.ts';

// What is recorded
export type { Attribute, AttributeRequest } from './attribution/attribute.ts';
export type { Attribution } from './attribution/attribution.ts';
export { tokenUsageFields } from './normalize/token-usage.ts';
export type { TokenUsage } from './normalize/token-usage.ts';
export type { Cost } from './pricing/cost.ts';
export type { Operation, UsageOrigin, UsageOutcome, UsageRecord } from './recording/usage-record.ts';

// On the way to the store
export type { JournalOptions } from './recording/journal/journal-options.ts';
export type { UsageSink } from './recording/record-sink.ts';
export { jsonlSink } from './sinks/jsonl-sink.ts';
export type { JsonlSinkOptions } from './sinks/jsonl-sink.ts';
export type { RecorderStats } from './recording/recorder-stats.ts';

// Prices
export { priceUsage } from './pricing/price-usage.ts';
export type { PriceAdjustment, PriceOptions, PriceOverride } from './pricing/price-options.ts';
export type { DayWindow, LongContextRates, PriceCard, PriceFactor, PricePeriod } from './pricing/price-card.ts';
export type { PriceCards } from './pricing/book/price-cards.ts';
export type { PriceRates } from './pricing/price-rates.ts';
export type { PricedCall } from './pricing/priced-call.ts';

// Where it is stored
export { memoryStore } from './storage/memory-store.ts';
export type { MemoryStoreOptions } from './storage/memory-store.ts';
export { sqliteStore } from './storage/sqlite-store.ts';
export type { SqliteStoreOptions } from './storage/sqlite-store.ts';
export type {
  AppendResult,
  OriginTotals,
  RecordsQuery,
  SeriesQuery,
  TokenTotals,
  UsagePoint,
  UsageQuery,
  UsageStore,
  UsageTotals,
} from './storage/usage-store.ts';

// To the browser
export { usageFrame } from './browser/frame/usage-frame.ts';
export type { UsageFrameOptions } from './browser/frame/usage-frame.ts';
export { usageChunk } from './browser/frame/usage-chunk.ts';
export type { ChunkUsage, UsageChunk } from './browser/frame/usage-chunk.ts';
export { usageData } from './browser/frame/usage-data.ts';
export type { UsageDataPart } from './browser/frame/usage-data.ts';
export type { FrameAddition, FrameData } from './browser/frame/frame-data.ts';
export type { FrameOptions, FrameUsage } from './browser/frame/frame-options.ts';
export { usageHandler } from './browser/handler/usage-handler.ts';
export type { UsageHandler } from './browser/handler/usage-handler.ts';
export type { MaybePromise, UsageHandlerOptions } from './browser/handler/handler-options.ts';
export { usageSnapshot } from './browser/snapshot/usage-snapshot.ts';
export type { SnapshotOptions, UsageSnapshot } from './browser/snapshot/usage-snapshot.ts';
export { nodeHandler } from './browser/handler/node-handler.ts';
export type { NodeRequest, NodeResponse } from './browser/handler/node-handler.ts';
export { fastifyHandler } from './browser/handler/fastify-handler.ts';
export type { FastifyReplyLike, FastifyRequestLike } from './browser/handler/fastify-handler.ts';
export { honoHandler } from './browser/handler/hono-handler.ts';
export type { HonoContextLike } from './browser/handler/hono-handler.ts';
export type { CostAmount } from './browser/cost-amount.ts';
export type { LastReply } from './browser/snapshot/last-reply.ts';
export type { UsageCounts } from './browser/usage-counts.ts';
export type { UsageDay } from './browser/snapshot/usage-days.ts';
export type { UsageExposure } from './browser/usage-exposure.ts';
export type { UsageModel } from './browser/snapshot/usage-models.ts';
export type { PeriodKind, PeriodSpan, SnapshotPeriod } from './browser/snapshot/usage-period.ts';
export type { QuotaState, UsageQuota } from './browser/snapshot/usage-quota.ts';
export type { UsageSubject } from './browser/usage-subject.ts';
