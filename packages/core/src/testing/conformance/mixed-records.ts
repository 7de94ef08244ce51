import type { UsageOrigin, UsageRecord } from '../../recording/usage-record.ts';
import { usageRecord } from '../usage-record-builder.ts';

const origins: readonly UsageOrigin[] = ['reported', 'reported', 'estimated', 'missing', 'drained', 'none'];

/**
 * Records that differ in everything totals and series look at: calls of several attempts, calls shared by users,
 * corrections, absent counts and prices. The same at every call.
 */
export function mixedRecords(count: number, instants: readonly Date[]): UsageRecord[] {
  const random = repeatableNumbers(count);
  const pick = <T>(values: readonly [T, ...T[]] | readonly T[]): T | undefined => values[random() % values.length];
  return Array.from({ length: count }, (_, index) => {
    const isCorrection = random() % 10 === 0;
    const origin = pick(origins) ?? 'reported';
    const inputTokens = (random() % 1000) - (isCorrection ? 500 : 0);
    const outputTokens = random() % 500;
    const responseModel = pick(['model-a', 'model-b', undefined]);
    const requestModel = pick(['model-a', 'model-c', undefined]);
    const userId = pick(['user-1', 'user-2', 'user-3', '', undefined]);
    const tenantId = pick(['tenant-1', 'tenant-2', undefined]);
    const conversationId = pick(['conversation-1', 'conversation-2', undefined]);
    const messageId = pick(['message-1', 'message-2', 'message-3', undefined]);
    const feature = pick(['chat', 'title', undefined]);
    const { requestModel: _asked, responseModel: _answered, ...base } = usageRecord({ id: `mixed-${index}` });
    return {
      ...base,
      kind: isCorrection ? 'adjustment' : 'usage',
      // The first attempt names its call, and a retry may be there before it.
      callId: random() % 2 === 0 ? base.id : `mixed-${random() % count}`,
      startedAt: pick(instants) ?? base.startedAt,
      origin,
      ...(requestModel === undefined ? {} : { requestModel }),
      ...(responseModel === undefined ? {} : { responseModel }),
      tokens:
        origin === 'missing' || origin === 'none'
          ? {}
          : {
              inputTokens,
              outputTokens,
              totalTokens: inputTokens + outputTokens,
              ...(random() % 4 === 0 ? { cacheReadInputTokens: random() % 100 } : {}),
            },
      cost: random() % 4 === 0 ? { basis: 'unpriced' } : { picoUsd: random() * 1000, basis: 'card' },
      attribution: {
        ...(userId === undefined ? {} : { userId }),
        ...(tenantId === undefined ? {} : { tenantId }),
        ...(conversationId === undefined ? {} : { conversationId }),
        ...(messageId === undefined ? {} : { messageId }),
        ...(feature === undefined ? {} : { tags: { feature, plan: index % 2 === 0 ? 'free' : 'paid' } }),
      },
    };
  });
}

/** A linear congruential generator: whole numbers that look random and are the same in every run. */
function repeatableNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state >>> 8;
  };
}
