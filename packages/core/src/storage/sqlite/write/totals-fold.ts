import { isUnpriced } from '../../storable-record.ts';
import type { StorableRecord } from '../../storable-record.ts';
import type { Prepare } from '../connection.ts';
import { addToDelta, createSumWriter, mergeDelta, sumDelta } from './sum-delta.ts';
import type { SumDelta } from './sum-delta.ts';
import { sumScope } from '../sum-tables.ts';
import { encodeText } from '../text.ts';

/** Collects what the records of one transaction add to `usage_totals`. */
export interface TotalsFold {
  /** Takes a record that was just inserted as row `sequence`. */
  add(stored: StorableRecord, sequence: number | bigint): void;
  /** Writes the sums; once, at the end of the transaction. */
  write(): void;
}

/** What is added to one row of `usage_totals`. */
interface Delta extends SumDelta {
  calls: number;
  wholeCalls: number;
  unpricedCalls: number;
}

/** The rows of one user, of records without a user, or of everything, by origin. */
type Share = Map<string, Delta>;

const totalsTable = {
  name: 'usage_totals',
  keys: ['scope', 'user_id', 'origin'],
  sums: ['records', 'calls', 'whole_calls', 'unpriced_calls', 'pico_high', 'pico_low'],
};

/** The records of a call that came before: the one that has its name as its id, and its retries. */
const earlierSql = `(
  SELECT seq, origin, unpriced, user_id FROM usage_records WHERE id = :call AND call_id = :call
  UNION ALL SELECT seq, origin, unpriced, user_id FROM usage_records WHERE call_id = :call AND call_id <> id)
  WHERE seq < :sequence`;
const lastRetriedSql = 'SELECT call_id FROM usage_records WHERE call_id <> id ORDER BY call_id DESC LIMIT 1';
const isRetriedSql = 'SELECT 1 FROM usage_records WHERE call_id = ? AND call_id <> id LIMIT 1';
const isCallKnownSql = `SELECT 1 FROM ${earlierSql} LIMIT 1`;
const earlierOfCallSql = `SELECT
  EXISTS (SELECT 1 FROM ${earlierSql} AND origin = :origin) AS of_origin,
  EXISTS (SELECT 1 FROM ${earlierSql} AND unpriced = 1) AS unpriced,
  EXISTS (SELECT 1 FROM ${earlierSql} AND user_id IS :user) AS of_user,
  EXISTS (SELECT 1 FROM ${earlierSql} AND user_id IS :user AND origin = :origin) AS of_user_origin,
  EXISTS (SELECT 1 FROM ${earlierSql} AND user_id IS :user AND unpriced = 1) AS of_user_unpriced`;

// eslint-disable-next-line no-control-regex -- all of ASCII is the point
const isAscii = /^[\u0000-\u007f]*$/;

/** Begins a fold for one transaction. */
export function createTotalsFold(prepare: Prepare): TotalsFold {
  const everything: Share = new Map();
  const users = new Map<string | null, Share>();
  const isRetried = prepare(isRetriedSql);
  let lastRetried: string | undefined;

  const isCallNew = ({ callId, id }: StorableRecord['fields'], sequence: number | bigint): boolean => {
    const call = encodeText(callId);
    lastRetried ??= String(prepare(lastRetriedSql).get()?.['call_id'] ?? '');
    // Nearly every record is the first and only one of its call, and ids grow with time, so that it is younger than all that
    // were tried again. Only for ASCII do both sides sort text alike.
    if (callId === id) return (call > lastRetried && isAscii.test(call)) || isRetried.get(call) === undefined;
    if (call > lastRetried) lastRetried = call;
    return prepare(isCallKnownSql).get({ call, sequence }) === undefined;
  };

  return {
    add({ fields }, sequence) {
      const user = fields.attribution.userId === undefined ? null : encodeText(fields.attribution.userId);
      const origin = encodeText(fields.origin);
      const share = users.get(user) ?? newShare(users, user);
      const ofUser = share.get(origin) ?? newDelta(share, origin);
      const ofAll = everything.get(origin) ?? newDelta(everything, origin);
      // The sums of a record are added to one row here, and to the other when they are written.
      addToDelta(ofUser, fields.tokens, fields.cost.picoUsd);
      const unpriced = isUnpriced(fields) ? 1 : 0;
      if (isCallNew(fields, sequence)) {
        for (const delta of [ofUser, ofAll]) {
          delta.calls += 1;
          delta.wholeCalls += 1;
          delta.unpricedCalls += unpriced;
        }
        return;
      }
      const call = encodeText(fields.callId);
      const known = prepare(earlierOfCallSql).get({ call, user, origin, sequence });
      const isNew = (fact: string): number => (known?.[fact] === 1 ? 0 : 1);
      ofAll.calls += isNew('of_origin');
      ofUser.calls += isNew('of_user_origin');
      ofUser.wholeCalls += isNew('of_user');
      ofAll.unpricedCalls += unpriced * isNew('unpriced');
      ofUser.unpricedCalls += unpriced * isNew('of_user_unpriced');
    },
    write() {
      if (users.size === 0) return;
      const add = createSumWriter(prepare, totalsTable);
      const write = (scope: number, user: string, origin: string, delta: Delta): void => {
        const { records, calls, wholeCalls, unpricedCalls, picoHigh, picoLow } = delta;
        add([scope, user, origin, records, calls, wholeCalls, unpricedCalls, picoHigh, picoLow], delta);
      };
      for (const [user, share] of users) {
        for (const [origin, delta] of share) {
          mergeDelta(everything.get(origin) ?? newDelta(everything, origin), delta);
          write(user === null ? sumScope.withoutUser : sumScope.user, user ?? '', origin, delta);
        }
      }
      for (const [origin, delta] of everything) write(sumScope.everything, '', origin, delta);
    },
  };
}

function newShare(shares: Map<string | null, Share>, user: string | null): Share {
  const share: Share = new Map();
  shares.set(user, share);
  return share;
}

function newDelta(share: Share, origin: string): Delta {
  const delta: Delta = { ...sumDelta(), calls: 0, wholeCalls: 0, unpricedCalls: 0 };
  share.set(origin, delta);
  return delta;
}
