import type { UsageQuery } from '@kilotoken/core';
import type { Filter } from 'mongodb';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import { encodeText } from '../ledger/text.ts';

/** The conditions of a query on rows of the ledger. */
export function ledgerFilter(query: UsageQuery): Filter<LedgerRow> {
  const { userId, tenantId, conversationId, messageId, model, tags, from, to } = query;
  const wanted = Object.entries(tags ?? {}).map(([key, value]) => ({ k: encodeText(key), v: encodeText(value) }));
  return {
    // Whatever else somebody put into the collection is none of ours.
    v: { $gte: 1 },
    ...(userId === null ? { u: { $exists: false } } : {}),
    ...(typeof userId === 'string' ? { u: encodeText(userId) } : {}),
    ...(tenantId === undefined ? {} : { tn: encodeText(tenantId) }),
    ...(conversationId === undefined ? {} : { cv: encodeText(conversationId) }),
    ...(messageId === undefined ? {} : { mid: encodeText(messageId) }),
    ...(model === undefined ? {} : { m: encodeText(model) }),
    ...(wanted.length === 0 ? {} : { g: { $all: wanted } }),
    ...(from === undefined && to === undefined
      ? {}
      : { t: { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lt: to }) } }),
  };
}
