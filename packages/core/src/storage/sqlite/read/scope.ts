import type { SQLInputValue } from 'node:sqlite';
import type { UsageQuery } from '../../usage-store.ts';
import type { Prepare } from '../connection.ts';
import { foldedSequence, newestSequence } from '../sequence.ts';
import { hourOf, partLength, sumScope } from '../sum-tables.ts';
import { encodeText } from '../text.ts';
import type { TimeRange } from './time-range.ts';

/** Records `usage_hours` knows together: all, those of a user or without one, those of a tenant. */
export interface Scope {
  readonly scope: number;
  readonly key: string;
  /** The same as a condition on `usage_records`. */
  readonly where: string;
  readonly values: readonly SQLInputValue[];
}

/** The scope a query is about, where it asks for nothing else but a range of time. */
export function wholeScope(query: UsageQuery): Scope | undefined {
  const { userId, tenantId, conversationId, messageId, model, tags } = query;
  if (conversationId !== undefined || messageId !== undefined || model !== undefined) return undefined;
  if (Object.keys(tags ?? {}).length > 0) return undefined;
  if (userId === undefined && tenantId === undefined) return everything;
  return userId === undefined || tenantId === undefined ? listedScope(query) : undefined;
}

/** The scope whose lists hold the records of a query; undefined where a query is not of a user nor of a tenant, or has a better index. */
export function listedScope(query: UsageQuery): Scope | undefined {
  const { userId, tenantId, conversationId, messageId } = query;
  if (conversationId !== undefined || messageId !== undefined) return undefined;
  if (userId === null) return withoutUser;
  if (userId !== undefined) return keyed(sumScope.user, '+user_id = ?', userId);
  return tenantId === undefined ? undefined : keyed(sumScope.tenant, '+tenant_id = ?', tenantId);
}

const everything: Scope = { scope: sumScope.everything, key: '', where: '1', values: [] };
const withoutUser: Scope = { scope: sumScope.withoutUser, key: '', where: '+user_id IS NULL', values: [] };

function keyed(scope: number, where: string, name: string): Scope {
  const key = encodeText(name);
  return { scope, key, where, values: [key] };
}

/** True where no list of sequence numbers is kept, and the index of time leads to the records. */
export function isEverything({ scope }: Scope): boolean {
  return scope === sumScope.everything;
}

/** Hours as values of SQL, which knows no infinity: all of `range` lies in them. */
export function hoursAround({ from, to }: TimeRange): [first: number, last: number] {
  return [from === -Infinity ? -maxHour : hourOf(from), to === Infinity ? maxHour : hourOf(to)];
}

const maxHour = 1e12;

/** The sequence numbers of a scope's records that may lie in a range, in no order; of those from `least` on. */
export function listedSequences(scope: Scope, range: TimeRange, prepare: Prepare, least = 0): number[] {
  const young = prepare(`SELECT seq FROM usage_records WHERE seq > ? AND ${scope.where}`)
    .all(foldedSequence(prepare), ...scope.values)
    .map(({ seq }) => Number(seq));
  return [...foldedSequences(scope, range, prepare, least), ...young];
}

/** Those that are in `usage_hours`. */
export function foldedSequences(scope: Scope, range: TimeRange, prepare: Prepare, least = 0): number[] {
  // Put together by SQLite: a user of some years has a row per hour, and each handed over takes longer than its numbers.
  const row = prepare(
    `SELECT group_concat(seqs, '') AS seqs FROM usage_hours
     WHERE scope = ? AND key = ? AND hour >= ? AND hour <= ? AND part >= ?`,
  ).get(scope.scope, scope.key, ...hoursAround(range), Math.floor(least / partLength));
  const list = String(row?.['seqs'] ?? '');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the column holds numbers, each with a comma behind it
  return JSON.parse(`[${list.slice(0, -1)}]`) as number[];
}

/** What is not in `usage_hours` yet, and when it happened; undefined where all is. */
export interface Tail extends TimeRange {
  /** The last record that is. */
  readonly after: number;
}

/** How far `usage_hours` goes, and whether something came behind. */
export function findTail(prepare: Prepare): Tail {
  const after = foldedSequence(prepare);
  if (newestSequence(prepare) <= after) return { after, from: Infinity, to: -Infinity };
  const row = prepare(
    'SELECT min(+started_at) AS first, max(+started_at) AS last FROM usage_records WHERE seq > ?',
  ).get(after);
  return { after, from: Number(row?.['first']), to: Number(row?.['last']) + 1 };
}
