import type { Document } from 'mongodb';
import type { Collections, RollupDocument } from '../driver/collections.ts';
import { writeProblems } from '../driver/server-errors.ts';
import { tokenNames } from '../ledger/token-names.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { rollupId } from './rollup-id.ts';
import type { RollupKey } from './rollup-id.ts';

/** Sums of one slot with what tells an older one from a newer one. */
export interface Rollup extends RollupDocument, RollupKey {
  readonly _id: string;
  /** When they were worked out, by the server's clock. */
  readonly asOf: Date;
}

/**
 * Stores sums that were just worked out: those that are new together, and each that differs in the place of an older one.
 * Most of what is worked out once a day was right before, and to write it again would take as long as all the rest.
 *
 * Whoever works beside this, or stood still before it, never puts an older sum over a newer one. What is left as it is keeps
 * its older `asOf`: rows are only added, so sums that are equal now were so all the time between.
 */
export async function storeRollups(rollups: Collections['rollups'], made: readonly Rollup[]): Promise<void> {
  if (made.length === 0) return;
  const found = (await rollups.find(placesOf(made)).toArray()) as Rollup[];
  const ids = new Set(made.map(({ _id }) => _id));
  // Whoever gives a user of the ledger and of the roll-ups another name, or none, leaves sums there that these stand for.
  const renamed = found.filter((rollup) => rollup._id !== rollupId(rollup) && ids.has(rollupId(rollup)));
  // One may have the id of sums that its old name has again.
  await drop(
    rollups,
    renamed.filter(({ _id }) => ids.has(_id)),
  );
  const kept = new Map(
    found.filter((rollup) => !renamed.includes(rollup)).map((rollup) => [rollup._id, sumsOf(rollup)]),
  );
  const taken = await insertNew(
    rollups,
    made.filter(({ _id }) => !kept.has(_id)),
  );
  const changed = made.filter((rollup) => kept.has(rollup._id) && kept.get(rollup._id) !== sumsOf(rollup));
  await replaceOlder(rollups, [...changed, ...taken]);
  await drop(
    rollups,
    renamed.filter(({ _id }) => !ids.has(_id)),
  );
}

/** By user and slot, as they are sharded, and not by id. */
function placesOf(made: readonly Rollup[]): Document {
  const users = new Set(made.map(({ u }) => u ?? null));
  const slots = new Set(made.map(({ q }) => q.getTime()));
  return { u: { $in: [...users] }, q: { $in: [...slots].map((at) => new Date(at)) } };
}

/** Inserts them, and returns those whose place was taken meanwhile. */
async function insertNew(rollups: Collections['rollups'], fresh: readonly Rollup[]): Promise<readonly Rollup[]> {
  if (fresh.length === 0) return [];
  try {
    await rollups.insertMany([...fresh], { ordered: false });
    return [];
  } catch (error) {
    return duplicatesOf(error).flatMap((index) => fresh[index] ?? []);
  }
}

async function drop(rollups: Collections['rollups'], useless: readonly Rollup[]): Promise<void> {
  if (useless.length === 0) return;
  await rollups.deleteMany({ ...placesOf(useless), _id: { $in: useless.map(({ _id }) => _id) } });
}

async function replaceOlder(rollups: Collections['rollups'], changed: readonly Rollup[]): Promise<void> {
  if (changed.length === 0) return;
  try {
    await rollups.bulkWrite(
      changed.map((replacement) => {
        const { _id, u, q, asOf } = replacement;
        // Values, not conditions: an upsert has to name the shard key.
        const filter = { _id, u: u ?? null, q, asOf: { $lte: asOf } };
        return { replaceOne: { filter, replacement, upsert: true } };
      }),
      { ordered: false },
    );
  } catch (error) {
    // A newer sum is there already, so the filter found nothing and the new document met it.
    duplicatesOf(error);
  }
}

/**
 * Places in a command of the documents that met another one.
 *
 * @throws the error where it tells of anything else.
 */
function duplicatesOf(error: unknown): readonly number[] {
  const problems = writeProblems(error, 'insert');
  if (problems === undefined || problems.some(({ code }) => code !== 11_000)) throw error;
  return problems.map(({ index }) => index);
}

/** The sums as text, to compare: what the server sums up may come as another type of number than it was stored as. */
function sumsOf(rollup: RollupDocument): string {
  const repeats = (rollup['rc'] as readonly string[] | undefined) ?? [];
  return [
    wholeNumber(rollup['calls']),
    wholeNumber(rollup['c']),
    ...tokenNames.map(([, name]) => {
      const value = rollup[name];
      if (value === undefined) return '';
      return name === 'as' ? Number(value) : wholeNumber(value);
    }),
    ...repeats.toSorted(),
  ].join('\0');
}
