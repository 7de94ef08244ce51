import type { LedgerRow } from './ledger-row.ts';

/** Rows by user or message, in their order; rows without one are left out. */
export function rowsBy(rows: readonly LedgerRow[], field: 'u' | 'mid'): Map<string, LedgerRow[]> {
  const groups = new Map<string, LedgerRow[]>();
  for (const row of rows) {
    const key = row[field];
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
