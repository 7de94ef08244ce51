import type { LedgerRow } from '../ledger/ledger-row.ts';
import { wholeNumber } from '../ledger/whole-number.ts';

/** A row as the driver read it: 64-bit integers are `Long`s of whichever driver the app brought. */
export function storedRow(document: LedgerRow): LedgerRow {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(document)) row[name] = isLong(value) ? wholeNumber(value) : value;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was a row but for its integers
  return row as unknown as LedgerRow;
}

/** True for a 64-bit integer as the driver reads it here. */
export function isLong(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Reflect.get(value, '_bsontype') === 'Long';
}
