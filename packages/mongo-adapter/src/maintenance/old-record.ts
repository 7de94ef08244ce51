import type { UsageRecord } from '@kilotoken/core';

/** A record of usage from before the ledger. */
export function oldRecord(
  fields: Partial<UsageRecord> & Pick<UsageRecord, 'id' | 'startedAt' | 'tokens'>,
): UsageRecord {
  return {
    v: 1,
    kind: 'usage',
    callId: fields.id,
    attempt: 1,
    endedAt: fields.startedAt,
    provider: 'unknown',
    operation: 'chat',
    streamed: false,
    outcome: 'completed',
    origin: 'recovered',
    // What it cost is not known any more; a correction can say it later.
    cost: { basis: 'unpriced' },
    attribution: {},
    ...fields,
  };
}
