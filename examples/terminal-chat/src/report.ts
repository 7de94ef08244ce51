import type { UsageStore } from '@kilotoken/core';
import type { AnsweredMessage } from './chat.ts';
import type { Tally } from './provider.ts';

/** One user's running total, as read from the store. */
export interface UserTotal extends Tally {
  readonly userId: string;
  /** Pico-USD (1e-12 USD) as a decimal string. */
  readonly picoUsd: string;
}

/** Reads the running totals of the demo's users back from the store. */
export async function userTotals(store: UsageStore, userIds: readonly string[]): Promise<UserTotal[]> {
  return Promise.all(
    userIds.map(async (userId) => {
      const { calls, tokens, picoUsd } = await store.totals({ userId });
      return { userId, calls, tokens: tokens.totalTokens, picoUsd: String(picoUsd) };
    }),
  );
}

export function messageText({ userId, question, answer, usage }: AnsweredMessage): string {
  const { inputTokens = 0, outputTokens = 0, totalTokens = 0 } = usage.tokens;
  return [
    `${userId}: ${question}`,
    `  ${answer}`,
    `  ${totalTokens} tokens (${inputTokens} in, ${outputTokens} out), ${dollars(usage.cost?.picoUsd)}`,
    '',
  ].join('\n');
}

export function totalsText(users: readonly UserTotal[]): string {
  const rows = users.map(
    ({ userId, calls, tokens, picoUsd }) =>
      `  ${userId.padEnd(8)}${String(calls).padStart(4)} calls${String(tokens).padStart(8)} tokens  ${dollars(Number(picoUsd))}`,
  );
  return ['Running totals in the store:', ...rows].join('\n');
}

function dollars(picoUsd: number | undefined): string {
  return picoUsd === undefined ? 'unpriced' : `$${(picoUsd / 1e12).toFixed(6)}`;
}
