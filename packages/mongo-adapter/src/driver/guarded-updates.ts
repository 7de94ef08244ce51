import type { Document } from 'mongodb';
import type { MessageSums, UserFold } from '../fold/usage-database.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { messageValues } from '../messages/message-fields.ts';
import type { MessageLayout } from '../messages/message-fields.ts';
import type { UserLayout } from '../users/user-fields.ts';
import { userIncrements } from '../users/user-increments.ts';
import { narrowInteger } from './narrow-integer.ts';
import { isLong } from './stored-row.ts';

/** What an update has to know of the app's users. */
export interface UserTarget {
  readonly layout: UserLayout;
  readonly upsert: boolean;
}

/** What an update has to know of the app's messages. */
export interface MessageTarget {
  readonly layout: MessageLayout;
  readonly guard: string;
}

/** Adds the rows of a fold to a user, if its guard entry is exactly where the fold begins. */
export function foldUpdate(fold: UserFold, filter: Document, users: UserTarget) {
  const path = `${users.layout.guard}.w.${fold.writer}`;
  return {
    filter: { ...filter, [path]: fold.from === undefined ? { $exists: false } : fold.from },
    update: { $inc: userIncrements(fold.sums, users.layout), $set: { [path]: narrowInteger(fold.to) } },
    upsert: users.upsert && fold.from === undefined,
  };
}

/** Sets a message that shows fewer records. */
export function messageUpdate(sum: MessageSums, filter: Document, { layout, guard }: MessageTarget) {
  const path = `${guard}.n`;
  const values = messageValues(sum, layout);
  // One record needs no count beside its fields: whatever is fuller has one, and then this finds nothing.
  return sum.records === 1n && Object.keys(values).length > 0
    ? { filter: { ...filter, [path]: { $exists: false } }, update: { $set: { ...values } } }
    : {
        filter: { ...filter, [path]: { $not: { $gte: sum.records } } },
        update: { $set: { ...values, [path]: narrowInteger(sum.records) } },
      };
}

/**
 * Sets a message that shows nothing of ours yet. Where it does, it is the first to be set, and whoever comes later finds
 * something, and asks the ledger for the sum. Zeros are what an app may have put there for a start.
 */
export function firstMessageUpdate(sum: MessageSums, filter: Document, mapping: MessageTarget) {
  const { update } = messageUpdate(sum, filter, mapping);
  return { filter: { ...filter, ...showsNothing(mapping) }, update };
}

/** The filter of a message that shows nothing of ours yet. */
export function showsNothing(mapping: MessageTarget): Document {
  const paths = [...shownFields(mapping), `${mapping.guard}.n`];
  return Object.fromEntries(paths.map((path) => [path, { $in: [null, 0] }]));
}

/** Names of the counts that a message shows. */
export function shownFields({ layout }: Pick<MessageTarget, 'layout'>): string[] {
  return Object.values(layout).filter((name) => name !== false);
}

/** Missing, `null` or zero: what the filter of a first update finds. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === 0 || (isLong(value) && wholeNumber(value) === 0n);
}
