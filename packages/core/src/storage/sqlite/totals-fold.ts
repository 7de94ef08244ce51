import type { SQLInputValue, StatementSync } from 'node:sqlite';
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

/** What is added to one row of `usage_totals`. */
interface Delta {
  readonly tokens: TokenSums;
  records: number;
  calls: number;
  unpricedCalls: number;
  /** In units of `moneyUnit`, and the rest: plain numbers stay exact for more records than a transaction takes. */
  picoHigh: number;
  picoLow: number;
}

/** The rows of one user, of records without a user, or of everything. */
interface Share {
  readonly whole: Delta;
  readonly byOrigin: Map<string, Delta>;
}

const unit = Number(moneyUnit);
const deltaColumns = ['records', 'calls', 'unpriced_calls', 'pico_high', 'pico_low'];

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
  const everything = emptyShare();
  const users = new Map<string | null, Share>();
  const isCallKnown = prepare(isCallKnownSql);

  return {
    add({ fields }, sequence) {
      const user = fields.attribution.userId === undefined ? null : encodeText(fields.attribution.userId);
      const origin = encodeText(fields.origin);
      const share = shareOf(users, user);
      const ofUserOrigin = originOf(share, origin);
      const ofOrigin = originOf(everything, origin);
      // The sums of a record are added to one row here, and to the others when they are written.
      addSums(ofUserOrigin, fields);
      const unpriced = isUnpriced(fields) ? 1 : 0;
      const call = encodeText(fields.callId);
      // Nearly every call has one record, and one look tells.
      if (isCallKnown.get(call, sequence) === undefined) {
        for (const delta of [everything.whole, ofOrigin, share.whole, ofUserOrigin]) delta.calls += 1;
        everything.whole.unpricedCalls += unpriced;
        share.whole.unpricedCalls += unpriced;
        return;
      }
      const known = prepare(earlierOfCallSql).get({ call, user, origin, sequence });
      const isNew = (fact: string): number => (known?.[fact] === 1 ? 0 : 1);
      ofOrigin.calls += isNew('of_origin');
      share.whole.calls += isNew('of_user');
      ofUserOrigin.calls += isNew('of_user_origin');
      everything.whole.unpricedCalls += unpriced * isNew('unpriced');
      share.whole.unpricedCalls += unpriced * isNew('of_user_unpriced');
    },
    write() {
      if (users.size === 0) return;
      const writeShare = createDeltaWriter(prepare);
      for (const [user, share] of users) {
        for (const [origin, delta] of share.byOrigin) {
          merge(share.whole, delta);
          merge(everything.whole, delta);
          merge(originOf(everything, origin), delta);
        }
        writeShare(user === null ? totalsScope.withoutUser : totalsScope.user, user ?? '', share);
      }
      writeShare(totalsScope.everything, '', everything);
    },
  };
}

function shareOf(users: Map<string | null, Share>, user: string | null): Share {
  let share = users.get(user);
  if (share === undefined) {
    share = emptyShare();
    users.set(user, share);
  }
  return share;
}

function originOf({ byOrigin }: Share, origin: string): Delta {
  let delta = byOrigin.get(origin);
  if (delta === undefined) {
    delta = emptyDelta();
    byOrigin.set(origin, delta);
  }
  return delta;
}

function emptyShare(): Share {
  return { whole: emptyDelta(), byOrigin: new Map() };
}

function emptyDelta(): Delta {
  return { tokens: {}, records: 0, calls: 0, unpricedCalls: 0, picoHigh: 0, picoLow: 0 };
}

function addSums(delta: Delta, { cost, tokens }: StorableRecord['fields']): void {
  const { picoUsd = 0 } = cost;
  const low = picoUsd % unit;
  delta.records += 1;
  delta.picoHigh += (picoUsd - low) / unit;
  delta.picoLow += low;
  addTokens(delta.tokens, tokens);
}

function merge(into: Delta, { records, picoHigh, picoLow, tokens }: Delta): void {
  into.records += records;
  into.picoHigh += picoHigh;
  into.picoLow += picoLow;
  addTokens(into.tokens, tokens);
}

/** Writes sums, by one statement per set of counts they have: handing over a NULL costs as much as a value. */
function createDeltaWriter(prepare: Prepare) {
  const statements = new Map<number, StatementSync>();

  const write = (scope: number, user: string, origin: string, delta: Delta): void => {
    const { tokens, records, calls, unpricedCalls, picoHigh, picoLow } = delta;
    const values: SQLInputValue[] = [scope, user, origin];
    for (const value of [records, calls, unpricedCalls, picoHigh, picoLow]) values.push(exact(value));
    let shape = 0;
    for (const [index, [field]] of tokenColumnPairs.entries()) {
      const value = tokens[field];
      if (value === undefined) continue;
      shape |= 1 << index;
      values.push(exact(value));
    }
    let statement = statements.get(shape);
    if (statement === undefined) {
      statement = prepare(upsertSql(shape));
      statements.set(shape, statement);
    }
    statement.run(...values);
  };

  return (scope: number, user: string, { whole, byOrigin }: Share): void => {
    write(scope, user, '', whole);
    for (const [origin, delta] of byOrigin) write(scope, user, origin, delta);
  };
}

/** A plain number is bound as a float beyond 32 bits, and a float in the sum would round it. */
function exact(value: number): SQLInputValue {
  return Number.isSafeInteger(value) ? BigInt(value) : value;
}

function upsertSql(shape: number): string {
  const tokenColumns = tokenColumnPairs.filter((_, index) => (shape >> index) & 1).map(([, column]) => column);
  const columns = [...deltaColumns, ...tokenColumns];
  return `INSERT INTO usage_totals (scope, user_id, origin, ${columns.join(', ')})
    VALUES (?, ?, ?, ${columns.map(() => '?').join(', ')})
    ON CONFLICT (scope, user_id, origin) DO UPDATE SET
    ${deltaColumns.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}
    ${tokenColumns.map((column) => `, ${column} = coalesce(${column}, 0) + excluded.${column}`).join('')}`;
}
