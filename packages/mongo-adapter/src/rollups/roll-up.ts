import type { Collections } from '../driver/collections.ts';
import { StoppedError } from '../fold/persist.ts';
import { slotOf } from '../ledger/ledger-row.ts';
import { LeaseLostError, rollupStateId, takeRollupLease } from './roll-up-lease.ts';
import type { RollupState } from './roll-up-lease.ts';
import { rollUpInserted } from './roll-up-slots.ts';

/** How much a writer's clock may be wrong, and how late its rows may become visible. */
export const rollupOverlapMs = 10 * 60_000;

const fullEveryMs = 24 * 3_600_000;
const fullReachMs = 35 * fullEveryMs;
/** While everything is worked out anew, what changed meanwhile has its turn so often. */
const changesEveryMs = 60_000;

/** What is to be worked out. */
export interface RollUpOptions {
  /** Everything of the last 35 days anew, from its beginning. By default once a day, from where it was left. */
  readonly full?: boolean;
  /** Asked after each step; once true, the rest is left to whoever comes next. */
  readonly isStopped?: () => boolean;
  /** Nothing is done where any process brought them up to date within so many milliseconds. Default 0. */
  readonly restMs?: number;
  /** Rows after which progress is saved. Default 100000. */
  readonly pieceRows?: number;
}

/**
 * Works out the sums of every slot of 15 minutes in which rows were inserted since the last time, and, once a day, of the
 * last 35 days. Sums are recomputed from the ledger and replaced, never added to, so repeats and two jobs at once change
 * nothing.
 *
 * It goes by the insert time of rows, in pieces. After each piece it saves how far it is and renews its lease, so whoever
 * comes next, in this process or after its death in another, goes on from there.
 *
 * @returns the number of slots that were worked out; nothing where another process is at it, or was within `restMs`.
 */
export async function rollUp(
  collections: Collections,
  clock: () => Date,
  { full = false, isStopped = () => false, restMs = 0, pieceRows = 100_000 }: RollUpOptions = {},
): Promise<number | undefined> {
  if (restMs > 0 && (await wasDoneWithin(restMs, collections, clock))) return undefined;
  const lease = await takeRollupLease(collections, clock);
  if (lease === undefined) return undefined;
  const pass = createPass(collections, pieceRows, async () => {
    if (isStopped()) throw new StoppedError('the store was closed');
    await lease.renew();
  });
  const began = clock();
  try {
    const { state } = lease;
    const changes = async (since: Date | undefined): Promise<Date> => {
      const now = clock();
      const from = since === undefined ? undefined : new Date(since.getTime() - rollupOverlapMs);
      await pass.run(from, async (next) => {
        const doneAt = next === undefined || next > now ? now : next;
        await lease.save({ $max: { doneAt } });
        return true;
      });
      return now;
    };
    let doneAt = await changes(state.doneAt);
    const wasEverything = state.doneAt === undefined;
    if (wasEverything) await lease.save({ $max: { fullAt: began } });
    const isDue = (state.fullAt?.getTime() ?? 0) < began.getTime() - fullEveryMs;
    const underWay = full ? undefined : state.full;
    if (!wasEverything && (full || underWay !== undefined || isDue)) {
      const startedAt = underWay?.startedAt ?? began;
      const first = underWay?.next ?? new Date(began.getTime() - fullReachMs);
      await lease.save({ $set: { full: { startedAt, next: first } } });
      await pass.run(first, async (next) => {
        // Whatever was inserted later has its turn by itself.
        if (next === undefined || next > startedAt) {
          await lease.save({ $max: { fullAt: startedAt }, $unset: { full: '' } });
          return false;
        }
        await lease.save({ $max: { 'full.next': next } });
        if (clock().getTime() - doneAt.getTime() >= changesEveryMs) doneAt = await changes(doneAt);
        return true;
      });
    }
    await lease.release();
    return pass.slots.size;
  } catch (error) {
    if (error instanceof LeaseLostError) return undefined;
    if (!(error instanceof StoppedError)) throw error;
    await lease.release();
    return pass.slots.size;
  }
}

/** Of many processes that look each minute, the first one works; a clock that is ahead of this one keeps nobody from it for long. */
async function wasDoneWithin(restMs: number, { rollups }: Collections, clock: () => Date): Promise<boolean> {
  const state = (await rollups.findOne({ _id: rollupStateId })) as RollupState | null;
  const agoMs = clock().getTime() - (state?.doneAt?.getTime() ?? 0);
  return agoMs < restMs && agoMs > -rollupOverlapMs;
}

/** Goes through the ledger by insert time, from one instant to its end. */
interface Pass {
  /** Slots worked out so far. */
  readonly slots: ReadonlySet<number>;
  /** Works out piece by piece; `isToGoOn` gets the instant the next one begins at, and nothing after the last. */
  run(from: Date | undefined, isToGoOn: (next: Date | undefined) => Promise<boolean>): Promise<void>;
}

function createPass(collections: Collections, pieceRows: number, onStep: () => Promise<void>): Pass {
  const slots = new Set<number>();
  return {
    slots,
    async run(start, isToGoOn) {
      let from = start;
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one piece after the other
        const before = await pieceEnd(collections, from, pieceRows);
        // oxlint-disable-next-line no-await-in-loop -- see above
        const worked = await rollUpInserted(collections, { from, before }, onStep);
        for (const slot of worked) slots.add(slot);
        // oxlint-disable-next-line no-await-in-loop -- see above
        if (!(await isToGoOn(before)) || before === undefined) return;
        from = before;
      }
    },
  };
}

/**
 * Where a piece of about so many rows ends; nothing where that is the end of the ledger. On the border of a slot where one
 * lies in it: most rows are inserted in the slot they belong to, and that is then worked out once.
 */
async function pieceEnd({ ledger }: Collections, from: Date | undefined, rows: number): Promise<Date | undefined> {
  const insertedAfter = async (skip: number, after: { $gte?: Date; $gt?: Date }): Promise<Date | undefined> => {
    const [row] = await ledger
      .find(Object.keys(after).length === 0 ? {} : { i: after }, { allowDiskUse: true })
      .project<{ i: Date }>({ _id: 0, i: 1 })
      .sort({ i: 1 })
      .skip(skip)
      .limit(1)
      .toArray();
    return row?.i;
  };
  const reached = await insertedAfter(rows, from === undefined ? {} : { $gte: from });
  if (reached === undefined) return undefined;
  const border = new Date(slotOf(reached.getTime()));
  const end = from === undefined || border > from ? border : reached;
  // So many rows of one instant: no piece may be empty.
  return from !== undefined && end <= from ? insertedAfter(0, { $gt: from }) : end;
}
