import type { SQLInputValue } from 'node:sqlite';
import { isUnpriced } from '../storable-record.ts';
import type { StorableRecord } from '../storable-record.ts';
import { addTokens } from '../usage-sums.ts';
import type { TokenSums } from '../usage-sums.ts';
import type { Prepare } from './connection.ts';
import { encodeText } from './text.ts';
import { moneyUnit, tokenColumnPairs } from './token-columns.ts';

/** Scopes of `usage_totals`. */
export const totalsScope = { everything: 0, withoutUser: 1, user: 2 } as const;

/** Collects what the records of one transaction add to `usage_totals`. */
export interface TotalsFold {
  /** Takes a record that was just inserted as row `sequence`. */
  add(stored: StorableRecord, sequence: number | bigint): void;
  /** Writes the sums; once, at the end of the transaction. */
  write(): void;
}

interface Delta {
  readonly scope: number;
  readonly userId: string;
  readonly origin: string;
  readonly tokens: TokenSums;
  records: number;
  calls: number;
  unpricedCalls: number;
  picoUsd: bigint;
}

const tokenColumnNames = tokenColumnPairs.map(([, column]) => column);

const upsertSql = `INSERT INTO usage_totals
    (scope, user_id, origin, records, calls, unpriced_calls, pico_high, pico_low, ${tokenColumnNames.join(', ')})
  VALUES (${Array.from({ length: 8 + tokenColumnNames.length }, () => '?').join(', ')})
  ON CONFLICT (scope, user_id, origin) DO UPDATE SET
    records = records + excluded.records, calls = calls + excluded.calls,
    unpriced_calls = unpriced_calls + excluded.unpriced_calls,
    pico_high = pico_high + excluded.pico_high, pico_low = pico_low + excluded.pico_low,
    ${tokenColumnNames
      .map((column) => `${column} = coalesce(${column} + excluded.${column}, ${column}, excluded.${column})`)
      .join(', ')}`;

const isCallKnownSql = 'SELECT 1 FROM usage_records WHERE call_id = ? AND seq < ? LIMIT 1';

const earlier = 'SELECT 1 FROM usage_records WHERE call_id = :call AND seq < :sequence';
const earlierOfCallSql = `SELECT
  EXISTS (${earlier} AND origin = :origin) AS of_origin,
  EXISTS (${earlier} AND unpriced = 1) AS unpriced,
  EXISTS (${earlier} AND user_id IS :user) AS of_user,
  EXISTS (${earlier} AND user_id IS :user AND origin = :origin) AS of_user_origin,
  EXISTS (${earlier} AND user_id IS :user AND unpriced = 1) AS of_user_unpriced`;

/** Begins a fold for one transaction. */
export function createTotalsFold(prepare: Prepare): TotalsFold {
  const deltas = new Map<string, Delta>();
  const deltaOf = (scope: number, userId: string, origin: string): Delta => {
    const key = JSON.stringify([scope, userId, origin]);
    let delta = deltas.get(key);
    if (delta === undefined) {
      delta = { scope, userId, origin, tokens: {}, records: 0, calls: 0, unpricedCalls: 0, picoUsd: 0n };
      deltas.set(key, delta);
    }
    return delta;
  };

  return {
    add(stored, sequence) {
      const { fields } = stored;
      const user = fields.attribution.userId === undefined ? null : encodeText(fields.attribution.userId);
      const origin = encodeText(fields.origin);
      const known = earlierOfCall(prepare, encodeText(fields.callId), user, origin, sequence);
      const unpriced = isUnpriced(fields);
      const scope = user === null ? totalsScope.withoutUser : totalsScope.user;
      const add = (delta: Delta, isNewCall: boolean, isNewUnpriced: boolean): void => {
        delta.records += 1;
        if (isNewCall) delta.calls += 1;
        if (isNewUnpriced) delta.unpricedCalls += 1;
        delta.picoUsd += BigInt(fields.cost.picoUsd ?? 0);
        addTokens(delta.tokens, fields.tokens);
      };
      add(deltaOf(totalsScope.everything, '', ''), !known.call, unpriced && !known.unpriced);
      add(deltaOf(totalsScope.everything, '', origin), !known.ofOrigin, false);
      add(deltaOf(scope, user ?? '', ''), !known.ofUser, unpriced && !known.ofUserUnpriced);
      add(deltaOf(scope, user ?? '', origin), !known.ofUserOrigin, false);
    },
    write() {
      const upsert = prepare(upsertSql);
      for (const delta of deltas.values()) upsert.run(...deltaValues(delta));
    },
  };
}

function deltaValues(delta: Delta): SQLInputValue[] {
  return [
    delta.scope,
    delta.userId,
    delta.origin,
    BigInt(delta.records),
    BigInt(delta.calls),
    BigInt(delta.unpricedCalls),
    delta.picoUsd / moneyUnit,
    delta.picoUsd % moneyUnit,
    // A plain number is bound as a float, and a float in the sum would round it.
    ...tokenColumnPairs.map(([field]) => {
      const value = delta.tokens[field];
      if (value === undefined) return null;
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    }),
  ];
}

function earlierOfCall(prepare: Prepare, call: string, user: string | null, origin: string, sequence: number | bigint) {
  // Nearly every call has one record, and one look tells.
  if (prepare(isCallKnownSql).get(call, sequence) === undefined) {
    return { call: false, unpriced: false, ofOrigin: false, ofUser: false, ofUserOrigin: false, ofUserUnpriced: false };
  }
  const row = prepare(earlierOfCallSql).get({ call, user, origin, sequence });
  return {
    call: true,
    unpriced: row?.['unpriced'] === 1,
    ofOrigin: row?.['of_origin'] === 1,
    ofUser: row?.['of_user'] === 1,
    ofUserOrigin: row?.['of_user_origin'] === 1,
    ofUserUnpriced: row?.['of_user_unpriced'] === 1,
  };
}
