import type { Prepare } from './connection.ts';

/** The place of the youngest record in the order of arrival; 0 where there is none. */
export function newestSequence(prepare: Prepare): number {
  return Number(prepare('SELECT max(seq) AS newest FROM usage_records').get()?.['newest'] ?? 0);
}

/** How far `usage_hours` goes: to what it holds come the records behind this place. */
export function foldedSequence(prepare: Prepare): number {
  return Number(prepare('SELECT seq FROM usage_fold').get()?.['seq'] ?? 0);
}
