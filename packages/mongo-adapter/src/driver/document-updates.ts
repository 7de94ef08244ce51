import type { Collection } from 'mongodb';
import type { Refusal, UpdateResult } from '../fold/usage-database.ts';
import type { Updates } from './client-bulk-write.ts';
import type { ServerKind } from './server-kind.ts';
import { isAnswered, writeProblems } from './server-errors.ts';
import type { TablePlan } from './table-updates.ts';

/** Updates documents of the app, many at once where the server can. */
export interface DocumentUpdates {
  /**
   * Runs an update for each item, in one command, and tells how many found their document.
   *
   * @param plan - Puts as many of them as it can into tables.
   * @param each - The updates of items one by one.
   */
  run<T>(
    collection: Collection,
    items: readonly T[],
    plan: (items: readonly T[]) => TablePlan<T>,
    each: (items: readonly T[]) => Updates,
  ): Promise<UpdateResult>;
}

/** Commands that go without tables after one that failed: somebody's document may refuse its update for a while. */
const commandsWithout = 20;

/**
 * Makes it for one database.
 *
 * Through a mongos every document is updated on its own: an update of many goes to all shards there, and may pass by a
 * document that is moved at that moment, or meet a copy that was left behind.
 */
export function documentUpdates(kind: () => Promise<ServerKind>): DocumentUpdates {
  let without = 0;

  return {
    async run(collection, items, plan, each) {
      without = Math.max(0, without - 1);
      const { tables, rest, passesOver = false } = without > 0 ? { tables: [], rest: items } : plan(items);
      if (tables.length === 0 || !(await kind()).isOneLog) return updateEach(collection, each(items));
      try {
        const { matchedCount, upsertedCount } = await collection.bulkWrite(
          [
            // The app may have an index of a total, which would do for the filter, and reads all users.
            ...tables.map(({ filter, update }) => ({ updateMany: { filter, update, hint: { _id: 1 } } })),
            ...each(rest).map(({ update }) => ({ updateOne: update })),
          ],
          { ordered: false },
        );
        const matched = matchedCount + upsertedCount;
        if (matched === items.length || !passesOver) return { matched, refused: [] };
        // What was updated is not found again.
        const others = await updateEach(collection, each(items));
        return { ...others, matched: matched + others.matched };
      } catch (error) {
        if (!isAnswered(error)) throw error;
        // A document that refuses its update stops the table it is in. What was updated is not found again.
        without = commandsWithout;
        return updateEach(collection, each(items));
      }
    },
  };
}

/** Runs the updates, each on its own, and tells how many found their document. */
export async function updateEach(collection: Collection, operations: Updates): Promise<UpdateResult> {
  if (operations.length === 0) return { matched: 0, refused: [] };
  try {
    const result = await collection.bulkWrite(
      operations.map(({ update }) => ({ updateOne: update })),
      { ordered: false },
    );
    return { matched: result.matchedCount + result.upsertedCount, refused: [] };
  } catch (error) {
    const problems = writeProblems(error, 'update');
    if (problems === undefined) throw error;
    const refused = problems.flatMap(({ index, code, message }): Refusal[] => {
      const operation = operations[index];
      // Two upserts of one user: the second finds a document next time.
      return operation === undefined || code === 11_000 ? [] : [{ id: operation.id, error: new Error(message) }];
    });
    const counts = Object(Reflect.get(Object(error), 'result')) as { matchedCount?: number; upsertedCount?: number };
    return { matched: (counts.matchedCount ?? 0) + (counts.upsertedCount ?? 0), refused };
  }
}
