'use client';

// The widget
export { TokenMeter } from './react/token-meter.ts';
export type { PanelSection, TokenMeterProps } from './react/token-meter-props.ts';
export type { MeterSlot } from './react/meter-slot.ts';
export { MessageTokens } from './react/message-tokens.ts';
export type { MessageTokensProps } from './react/message-tokens.ts';

// Without its looks
export { KilotokenProvider, useUsageStore } from './react/usage-provider.ts';
export { useTokenUsage } from './react/use-token-usage.ts';
export type { TokenUsage } from './react/use-token-usage.ts';
export { useUsageFormat } from './react/use-usage-format.ts';
export type { UsageFormat, UsageFormatOptions } from './format/usage-format.ts';
export type { UsageLevel, UsageThresholds } from './format/usage-level.ts';
export type { MessagesInput, UsageMessages } from './format/usage-messages.ts';

// Without React
export * from './core.ts';
