import { randomUUID } from 'node:crypto';
import type { UpdateFilter } from 'mongodb';
import type { Collections, RollupDocument } from '../driver/collections.ts';
import { isDuplicateKey } from '../driver/server-errors.ts';

/** The one document of the roll-ups that says how far they are, and who is at it. */
export interface RollupState {
  /** Rows inserted before this instant are in the roll-ups. */
  readonly doneAt?: Date;
  /** When the last working out anew of everything began that came to its end. */
  readonly fullAt?: Date;
  /** The one under way: when it began, and that rows inserted before `next` are done. */
  readonly full?: { readonly startedAt: Date; readonly next: Date };
}

export const rollupStateId = 'state';

/** Of a process that died, others take over this much later. */
const leaseMs = 60_000;
/** A lease is renewed when this much of it is over. */
const renewAfterMs = 15_000;

/** Thrown where another process took over: this one stood still for longer than its lease. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/**
 * The right to work on the roll-ups. It only saves work: sums are replaced by newer ones alone, whoever writes them.
 */
export interface RollupLease {
  /** How far the roll-ups were when the lease was taken. */
  readonly state: RollupState;
  /**
   * Saves how far they are, and renews the lease.
   *
   * @throws {@link LeaseLostError}
   */
  save(change: Pick<UpdateFilter<RollupDocument>, '$max' | '$set' | '$unset'>): Promise<void>;
  /** Renews the lease where it is time to. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lease; nothing where another process has it. */
export async function takeRollupLease({ rollups }: Collections, clock: () => Date): Promise<RollupLease | undefined> {
  const owner = randomUUID();
  let renewedAt = clock().getTime();
  const until = (): Date => new Date(renewedAt + leaseMs);
  try {
    const lease = { leaseUntil: until(), owner };
    const { matchedCount } = await rollups.updateOne(
      { _id: rollupStateId, leaseUntil: { $not: { $gt: new Date(renewedAt) } } },
      { $set: lease },
    );
    // No upsert: where roll-ups are sharded, it would have to name the shard key.
    if (matchedCount === 0) await rollups.insertOne({ _id: rollupStateId, ...lease });
  } catch (error) {
    if (isDuplicateKey(error)) return undefined;
    throw error;
  }
  const save: RollupLease['save'] = async ({ $set, ...change }) => {
    renewedAt = clock().getTime();
    const { matchedCount } = await rollups.updateOne(
      { _id: rollupStateId, owner },
      { ...change, $set: { ...$set, leaseUntil: until() } },
    );
    if (matchedCount === 0) throw new LeaseLostError('another process is working on the roll-ups');
  };
  const state = (await rollups.findOne({ _id: rollupStateId })) as RollupState | null;
  return {
    state: state ?? {},
    save,
    async renew() {
      if (clock().getTime() - renewedAt >= renewAfterMs) await save({});
    },
    async release() {
      await rollups.updateOne({ _id: rollupStateId, owner }, { $set: { leaseUntil: new Date(0) } });
    },
  };
}
