import type { UsageQuery } from '@kilotoken/core';
import type { Filter } from 'mongodb';
import type { RollupDocument } from '../driver/collections.ts';
import { slotOf } from '../ledger/ledger-row.ts';
import { encodeText } from '../ledger/text.ts';

/** The conditions of a query on roll-ups; a slot that is asked for in part is found as a whole. */
export function rollupFilter({ userId, tenantId, model, from, to }: UsageQuery): Filter<RollupDocument> {
  return {
    q: {
      $type: 'date',
      ...(from === undefined ? {} : { $gte: new Date(slotOf(from.getTime())) }),
      ...(to === undefined ? {} : { $lt: to }),
    },
    ...(userId === null ? { u: { $exists: false } } : {}),
    ...(typeof userId === 'string' ? { u: encodeText(userId) } : {}),
    ...(tenantId === undefined ? {} : { tn: encodeText(tenantId) }),
    ...(model === undefined ? {} : { m: encodeText(model) }),
  };
}
