'use client';

// The store and its hook, for a look of your own
export { KilotokenProvider, useUsageStore } from './react/usage-provider.ts';
export { useTokenUsage } from './react/use-token-usage.ts';
export type { TokenUsage } from './react/use-token-usage.ts';
export type { UsageLevel, UsageThresholds } from './format/usage-level.ts';
export * from './core.ts';
