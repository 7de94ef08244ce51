// The store, for any framework or none: no React, no directive
export { createUsageStore } from './store/create-usage-store.ts';
export type { UsageStore, UsageStoreOptions } from './store/create-usage-store.ts';
export type { UsageSource } from './store/fetch-usage.ts';
export type { UsageChannel } from './store/open-channel.ts';
export type { UsageError, UsageState } from './store/usage-state.ts';
export type { UsageAddition, UsageFrame } from './usage/usage-frame.ts';
export type {
  UsageCost,
  UsageCounts,
  UsageDay,
  UsagePeriod,
  UsageQuota,
  UsageShare,
  UsageSnapshot,
} from './usage/usage-snapshot.ts';
