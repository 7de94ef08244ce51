import type { StorableRecord } from '@kilotoken/core/store-kit';
import { isUnpriced } from '@kilotoken/core/store-kit';
import type { CallMarks } from './ledger-row.ts';
import { encodeText } from './text.ts';

/** What is known of an earlier record of a call. */
export interface Sibling {
  /** Encoded id, call, user and origin, as the ledger has them. */
  readonly _id: string;
  readonly cid: string;
  readonly u?: string;
  readonly o: string;
  readonly x?: true;
}

/**
 * Calls whose other records have to be asked for before these records are stored.
 *
 * Attempt 1 of kind `usage` is the first record of its call by the contract of `UsageRecord`; asking for each would cost
 * every batch a round trip.
 */
export function callsToLookUp(records: readonly StorableRecord[]): string[] {
  const calls = records
    .filter(({ fields }) => fields.attempt !== 1 || fields.kind === 'adjustment')
    .map(({ fields }) => encodeText(fields.callId));
  return [...new Set(calls)];
}

/** Decides for each record, in order, which counters it raises. */
export function callMarks(records: readonly StorableRecord[], siblings: readonly Sibling[]): CallMarks[] {
  const own = new Set(records.map(({ fields }) => encodeText(fields.id)));
  const seen = new Set<string>();
  const calls = new Set<string>();
  const see = (cid: string, user: string | undefined, origin: string, unpriced: boolean) => {
    const key = JSON.stringify([cid, user]);
    const originKey = JSON.stringify([cid, user, origin]);
    const unpricedKey = JSON.stringify([cid, user, true]);
    const marks: CallMarks = {
      isFirst: !seen.has(key),
      isFirstOfOrigin: !seen.has(originKey),
      isFirstUnpriced: unpriced && !seen.has(unpricedKey),
      isRepeat: calls.has(cid),
    };
    calls.add(cid);
    seen.add(key).add(originKey);
    if (unpriced) seen.add(unpricedKey);
    return marks;
  };
  // A row of an attempt to store this very batch is no sibling of itself.
  for (const row of siblings) if (!own.has(row._id)) see(row.cid, row.u, row.o, row.x === true);
  return records.map(({ fields }) => {
    const user = fields.attribution.userId;
    const marks = see(
      encodeText(fields.callId),
      user === undefined ? undefined : encodeText(user),
      encodeText(fields.origin),
      isUnpriced(fields),
    );
    return fields.attempt !== 1 || fields.kind === 'adjustment' ? { ...marks, isRepeat: true } : marks;
  });
}
