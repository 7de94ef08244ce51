import type { WriterState } from '../fold/usage-database.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import type { WriterDocument } from './collections.ts';

/** A writer as it is stored. */
export function writerDocument({
  id,
  leaseUntil,
  settledN,
  closedAt,
  retiredAt,
  cleanedAt,
}: WriterState): WriterDocument {
  return {
    _id: id,
    l: leaseUntil,
    s: settledN,
    ...(closedAt === undefined ? {} : { c: closedAt }),
    ...(retiredAt === undefined ? {} : { r: retiredAt }),
    ...(cleanedAt === undefined ? {} : { d: cleanedAt }),
  };
}

/** A writer as it was read. */
export function writerState(document: WriterDocument): WriterState {
  return {
    id: document._id,
    leaseUntil: document.l,
    settledN: wholeNumber(document.s),
    ...(document.c === undefined ? {} : { closedAt: document.c }),
    ...(document.r === undefined ? {} : { retiredAt: document.r }),
    ...(document.d === undefined ? {} : { cleanedAt: document.d }),
  };
}
