import type { Prepare } from './connection.ts';

/** The place of the youngest record; 0 where there is none. */
export function newestSequence(prepare: Prepare): number {
  return Number(prepare('SELECT max(seq) AS newest FROM usage_records').get()?.['newest'] ?? 0);
}
