import type { Collections } from './collections.ts';

/**
 * Creates the indexes of our own collections where they are missing. Takes no locks on a collection that has them.
 *
 * The app's collections get none: the key field of users and messages is expected to be indexed (`_id` is).
 */
export async function ensureIndexes({ ledger, rollups, writers }: Collections): Promise<void> {
  await Promise.all([
    ledger.createIndexes([
      // History and series of a user, rebuilding its totals.
      { key: { u: 1, t: 1 } },
      // Recovery, and the last number of each writer.
      { key: { w: 1, n: 1 } },
      // Order of arrival, and what is new for the roll-ups.
      { key: { i: 1, w: 1, n: 1 } },
      // The sum of a message.
      { key: { mid: 1 }, sparse: true },
      // Other attempts of a call.
      { key: { cid: 1 } },
    ]),
    rollups.createIndexes([{ key: { u: 1, q: 1 } }, { key: { q: 1 } }]),
    // Those that are not done with, among all that ever were.
    writers.createIndexes([{ key: { d: 1, r: 1 } }]),
  ]);
}
