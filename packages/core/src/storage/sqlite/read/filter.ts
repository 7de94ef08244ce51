import type { SQLInputValue } from 'node:sqlite';
import type { UsageQuery } from '../../usage-store.ts';
import { encodeText, tagNeedle } from '../text.ts';
import { rangeSql, timeRange } from './time-range.ts';

/** The condition of a query as SQL with its values. */
export interface SqlFilter {
  readonly where: string;
  readonly values: readonly SQLInputValue[];
}

/** The model a record counts for, in SQL. */
const modelSql = 'coalesce(response_model, request_model)';

/** What records are grouped by, in SQL. */
export const groupColumns = { model: modelSql, user: 'user_id', tenant: 'tenant_id' } as const;

/**
 * Turns a query into a condition, and picks the index: without statistics SQLite cannot tell that a message has fewer
 * records than a conversation, so the other columns are hidden from it by a unary plus. Users and tenants have no index: see
 * `listedFilter`.
 */
export function sqlFilter(query: UsageQuery, order: 'time' | 'arrival'): SqlFilter {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  let hasIndex = false;
  const equal = (column: string, value: string | undefined, isIndexed: boolean): void => {
    if (value === undefined) return;
    conditions.push(`${isIndexed && !hasIndex ? '' : '+'}${column} = ?`);
    values.push(encodeText(value));
    hasIndex ||= isIndexed;
  };
  equal('message_id', query.messageId, true);
  equal('conversation_id', query.conversationId, true);
  if (query.userId === null) conditions.push('+user_id IS NULL');
  else equal('user_id', query.userId, false);
  equal('tenant_id', query.tenantId, false);
  if (query.model !== undefined) {
    conditions.push(`${modelSql} = ?`);
    values.push(encodeText(query.model));
  }
  for (const [key, value] of Object.entries(query.tags ?? {})) {
    conditions.push('instr(tags, ?) > 0');
    values.push(tagNeedle(key, value));
  }
  const [inRange, times] = rangeSql(timeRange(query), order === 'time' ? 'started_at' : '+started_at');
  return { where: [...conditions, inRange].join(' AND '), values: [...values, ...times] };
}

/** The same among records that are listed: by their sequence numbers, whose list is the first value. */
export function listedFilter(query: UsageQuery, sequences: readonly number[]): SqlFilter {
  const { where, values } = sqlFilter(query, 'arrival');
  return {
    where: `seq IN (SELECT value FROM json_each(?)) AND ${where}`,
    values: [JSON.stringify(sequences), ...values],
  };
}
