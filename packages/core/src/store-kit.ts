// What another package needs to build a store that keeps the contract of `UsageStore`, and a command line for it.
export type { Attribution } from './attribution/attribution.ts';
export { print, printData } from './cli/cli-io.ts';
export type { CliIo, CliOutput } from './cli/cli-io.ts';
export { recordCount } from './cli/record-count.ts';
export { csvText } from './cli/report/csv-text.ts';
export { readInstant } from './cli/report/read-instant.ts';
export { usdText } from './usd-text.ts';
export { textWidth, visible } from './cli/terminal-text.ts';
export { writeRecords } from './cli/export/write-records.ts';
export { isMeterError, MeterError } from './errors.ts';
export type { MeterErrorCode } from './errors.ts';
export type { TokenUsage } from './normalize/token-usage.ts';
export type { Cost } from './pricing/cost.ts';
export type { Operation, UsageOrigin, UsageOutcome, UsageRecord } from './recording/usage-record.ts';
export { isUnpriced, readableRecord, recordId, storableRecord } from './storage/storable-record.ts';
export type { StorableRecord } from './storage/storable-record.ts';
export { timeBuckets } from './storage/time-buckets.ts';
export type { BucketSpan, TimeBuckets } from './storage/time-buckets.ts';
export { checkRecordsQuery, checkSeriesQuery, checkUsageQuery, checkUserId } from './storage/usage-query.ts';
export type {
  OriginTotals,
  RecordsQuery,
  SeriesQuery,
  TokenTotals,
  UsagePoint,
  UsageQuery,
  UsageTotals,
} from './storage/usage-store.ts';
export {
  addTokens,
  compareGroups,
  originShares,
  pointGroup,
  tokenTotals,
  usagePoint,
  usageTotals,
} from './storage/usage-sums.ts';
export type { TokenSums } from './storage/usage-sums.ts';
export { withoutUndefined } from './without-undefined.ts';
export { gotText } from './wrong-option.ts';
