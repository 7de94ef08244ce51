import type { MongoClient } from 'mongodb';
import type { MongoStore } from '../../src/index.ts';
import { plainRecord } from './plain-record.ts';

/** Users `user-0` and so on. */
export const userCount = 5;

/** Makes them. */
export async function makeUsers(client: MongoClient, db: string): Promise<void> {
  const users = Array.from({ length: userCount }, (_, index) => ({ _id: `user-${index}` }));
  await client
    .db(db)
    .collection<{ _id: string }>('users')
    .insertMany(users, { writeConcern: { w: 'majority' } });
}

/** Appends from several sides until told to stop; gives the ids that were acknowledged. */
export function load(store: MongoStore, sides: number): { readonly acknowledged: Set<string>; stop(): Promise<void> } {
  const acknowledged = new Set<string>();
  const state = { isStopped: false };
  const run = async (side: number): Promise<void> => {
    for (let index = 0; !state.isStopped; index += 1) {
      const batch = [0, 1, 2].map((part) =>
        plainRecord(`${side}-${index}-${part}`, `user-${(side + index + part) % userCount}`),
      );
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other on each side
      await store.append(batch);
      for (const { id } of batch) acknowledged.add(id);
    }
  };
  const runs = Promise.all(Array.from({ length: sides }, (_, side) => run(side)));
  return {
    acknowledged,
    async stop() {
      state.isStopped = true;
      await runs;
    },
  };
}
