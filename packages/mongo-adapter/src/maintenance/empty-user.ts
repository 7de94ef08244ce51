import type { Document } from 'mongodb';
import { documentFilter } from '../driver/app-documents.ts';
import type { Collections } from '../driver/collections.ts';
import { findUser, guardsOf, writersOfUser } from './user-ledger.ts';
import type { UserMapping } from './user-ledger.ts';

/** What is gone from the totals of a user. */
export interface EmptiedUser {
  readonly hasDocument: boolean;
  /** By writer, the number of its last row that the totals do not have and never will. */
  readonly upTo: ReadonlyMap<string, bigint>;
}

/**
 * Sets the totals of a user to nothing, in one step, and leaves the guard at the last row of each writer: no command that
 * counts one of these rows finds the document any more, however late it is executed. Rows that come in later are counted
 * from nothing.
 */
export async function emptyUser(user: string, collections: Collections, users: UserMapping): Promise<EmptiedUser> {
  const { guard, fields } = users.layout;
  const writers = await writersOfUser(user, collections);
  const upTo = new Map(writers.map(({ writer, lastN }) => [writer, lastN] as const));
  const filter = documentFilter(user, users);
  if (filter === undefined) return { hasDocument: false, upTo };
  // Totals of a user that has no records are none of ours.
  const isKnown = writers.length > 0 ? {} : { [guard]: { $exists: true } };
  const totals = Object.values(fields).filter((name) => name !== false);
  const entries = writers.filter(({ isRetired }) => !isRetired);
  const before = await collections.users.findOneAndUpdate(
    { ...filter, ...isKnown },
    [
      { $unset: [`${guard}.s`, `${guard}.x`] },
      {
        $set: {
          ...Object.fromEntries([...totals, `${guard}.rev`, `${guard}.k`].map((name) => [name, { $toLong: 0 }])),
          ...Object.fromEntries(entries.map(({ writer, lastN }) => entryOf(`${guard}.w.${writer}`, lastN))),
        },
      },
    ],
    { returnDocument: 'before' },
  );
  if (before === null) return { hasDocument: (await findUser(user, collections, users)) !== undefined, upTo };
  // What was counted after the ledger was asked is gone as well.
  for (const [writer, n] of guardsOf(before, users)) {
    if (n > (upTo.get(writer) ?? 0n)) upTo.set(writer, n);
  }
  return { hasDocument: true, upTo };
}

function entryOf(path: string, lastN: bigint): readonly [string, Document] {
  return [path, { $max: [`$${path}`, lastN] }];
}
