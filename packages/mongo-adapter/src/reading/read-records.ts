import type { RecordsQuery, UsageRecord } from '@kilotoken/core';
import type { Document, Filter } from 'mongodb';
import type { Collections } from '../driver/collections.ts';
import { storedRow } from '../driver/stored-row.ts';
import { rowRecord } from '../ledger/ledger-row.ts';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { ledgerFilter } from './ledger-filter.ts';
import { arrivalCursor, arrivalPlace, overlapMs } from './records-cursor.ts';
import type { ArrivalPlace } from './records-cursor.ts';

type Reading = AsyncGenerator<UsageRecord & { readonly cursor: string }>;

/** The records of a query with their cursors. */
export async function* readRecords(query: RecordsQuery, { ledger }: Collections): Reading {
  const { after, limit = Infinity, order = 'arrival', ...filter } = query;
  if (limit === 0) return;
  const place = after === undefined ? undefined : arrivalPlace(after);
  const match = ledgerFilter(filter);
  yield* order === 'newest' ? readBackwards(ledger, match, place, limit) : readForwards(ledger, match, place, limit);
}

async function* readForwards(
  ledger: Collections['ledger'],
  match: Filter<LedgerRow>,
  after: ArrivalPlace | undefined,
  limit: number,
): Reading {
  const window: Filter<LedgerRow> = after === undefined ? {} : { i: { $gte: new Date(after.at - overlapMs) } };
  const ends = await lastNumbers(ledger, window);
  const read = new Map([...(after?.read ?? [])].map(([writer, n]) => [writer, { n, at: after?.at ?? 0 }] as const));
  let at = after?.at ?? 0;
  let left = limit;
  const rows = ledger
    .find({ $and: [match, window] }, { allowDiskUse: true })
    .sort({ i: 1, w: 1, n: 1 })
    .map(storedRow);
  try {
    for await (const row of rows) {
      if (row.n > (ends.get(row.w) ?? -1n) || row.n <= (read.get(row.w)?.n ?? -1n)) continue;
      at = Math.max(at, row.i.getTime());
      read.set(row.w, { n: row.n, at: row.i.getTime() });
      for (const [writer, last] of read) if (last.at < at - overlapMs) read.delete(writer);
      const numbers = new Map([...read].map(([writer, last]) => [writer, last.n] as const));
      yield { ...rowRecord(row), cursor: arrivalCursor({ at, writer: row.w, n: row.n, read: numbers }) };
      left -= 1;
      if (left === 0) return;
    }
  } finally {
    await rows.close();
  }
}

async function* readBackwards(
  ledger: Collections['ledger'],
  match: Filter<LedgerRow>,
  before: ArrivalPlace | undefined,
  limit: number,
): Reading {
  const ends = before === undefined ? await lastNumbers(ledger, {}) : undefined;
  let left = limit;
  const rows = ledger
    .find({ $and: [match, before === undefined ? {} : rowsBefore(before)] }, { allowDiskUse: true })
    .sort({ i: -1, w: -1, n: -1 })
    .map(storedRow);
  try {
    for await (const row of rows) {
      if (ends !== undefined && row.n > (ends.get(row.w) ?? -1n)) continue;
      const place = { at: row.i.getTime(), writer: row.w, n: row.n, read: new Map([[row.w, row.n]]) };
      yield { ...rowRecord(row), cursor: arrivalCursor(place) };
      left -= 1;
      if (left === 0) return;
    }
  } finally {
    await rows.close();
  }
}

/**
 * The last number of each writer. A writer's rows become visible in their order, so up to this number none is to come,
 * whatever a long reading meets on its way.
 */
async function lastNumbers(ledger: Collections['ledger'], window: Filter<LedgerRow>): Promise<Map<string, bigint>> {
  const isWhole = Object.keys(window).length === 0;
  // Over the whole ledger this is one look at the index per writer.
  const last: Document[] = [{ $sort: { w: -1, n: -1 } }, { $group: { _id: '$w', n: { $first: '$n' } } }];
  const groups = await ledger
    .aggregate(isWhole ? last : [{ $match: window }, { $group: { _id: '$w', n: { $max: '$n' } } }])
    .toArray();
  return new Map(groups.map((group) => [String(group['_id']), wholeNumber(group['n'])] as const));
}

function rowsBefore({ at, writer, n }: ArrivalPlace): Filter<LedgerRow> {
  const instant = new Date(at);
  return {
    $or: [{ i: { $lt: instant } }, { i: instant, w: { $lt: writer } }, { i: instant, w: writer, n: { $lt: n } }],
  };
}
