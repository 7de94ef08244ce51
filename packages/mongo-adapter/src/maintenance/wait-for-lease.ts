import { MeterError } from '@kilotoken/core';
import type { Collections } from '../driver/collections.ts';
import type { Pace } from '../fold/pace.ts';
import { takeRollupLease } from '../rollups/roll-up-lease.ts';
import type { RollupLease } from '../rollups/roll-up-lease.ts';

/** Everything is worked out anew once a day, and that takes its time. */
const maxWaitMs = 10 * 60_000;
/** A wait that is over sooner is no news: the roll-ups are worked on for a moment each minute. */
const quietMs = 1000;

/**
 * Takes the lease of the roll-ups as soon as nobody else has it.
 *
 * @throws `MeterError` `store_failed` after ten minutes.
 */
export async function waitForLease(
  collections: Collections,
  pace: Pace,
  onWait: (until: Date) => void,
): Promise<RollupLease> {
  const began = pace.now().getTime();
  const until = began + maxWaitMs;
  let isTold = false;
  for (let attempt = 0; ; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- until it is free
    const lease = await takeRollupLease(collections, () => pace.now());
    if (lease !== undefined) return lease;
    const now = pace.now().getTime();
    if (now > until) {
      throw new MeterError(
        'store_failed',
        'mongoStore: erase waited 10 minutes for another process that works on the roll-ups; nothing was erased, try again',
      );
    }
    if (!isTold && now >= began + quietMs) {
      isTold = true;
      onWait(new Date(until));
    }
    // oxlint-disable-next-line no-await-in-loop -- see above
    await pace.backOff(attempt);
  }
}
