import type { TokenUsage } from '@kilotoken/core';

/** Short names of the counts in our documents, in a fixed order. */
export const tokenNames = [
  ['inputTokens', 'it'],
  ['outputTokens', 'ot'],
  ['totalTokens', 'tt'],
  ['cacheReadInputTokens', 'cr'],
  ['cacheWriteInputTokens', 'cw'],
  ['reasoningOutputTokens', 'ro'],
  ['audioInputTokens', 'ai'],
  ['audioOutputTokens', 'ao'],
  ['audioSeconds', 'as'],
] as const satisfies readonly (readonly [keyof TokenUsage, string])[];

/** A short name of a count. */
export type TokenName = (typeof tokenNames)[number][1];

/** Counts under their short names: 64-bit integers, but for the seconds. Absent stays absent. */
export type StoredTokens = { [Name in TokenName]?: Name extends 'as' ? number : bigint };
