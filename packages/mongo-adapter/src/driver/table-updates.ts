import type { Document } from 'mongodb';
import type { MessageSums, UserFold } from '../fold/usage-database.ts';
import { messageValues } from '../messages/message-fields.ts';
import type { MessageLayout } from '../messages/message-fields.ts';
import type { UserLayout } from '../users/user-fields.ts';
import { userIncrements } from '../users/user-increments.ts';
import { documentKey } from './app-documents.ts';
import type { DocumentMapping } from './app-documents.ts';
import { narrowInteger } from './narrow-integer.ts';

/** One update of many documents, each by its own line of a table. */
export interface TableUpdate {
  readonly filter: Document;
  readonly update: Document[];
}

/** What goes into tables, and what has to be updated one by one. */
export interface TablePlan<T> {
  readonly tables: readonly TableUpdate[];
  readonly rest: readonly T[];
  /** Items that no table finds may still have a document, which takes their own update or says why not. */
  readonly passesOver?: boolean;
}

/** Fewer documents than this are no cheaper together. */
const minTableSize = 3;

/** The server looks for a line from the top. */
const maxTableSize = 100;

/** Totals beyond it are left to `$inc`, which refuses to overflow; `$add` would turn to floats. */
const largeTotal = 2n ** 62n;

/**
 * Updates that add to many users at once.
 *
 * A server spends more on reading and planning the update of a user, with its guard, than on executing it. An update of
 * many users is planned once: it finds them by a list, compares the guard of each with its line of a table, and adds the
 * rest of the line. Each document still changes in one step of its own, and only from exactly the expected guard.
 *
 * What `$inc` would refuse or treat differently (text, `null`, dates, totals near 2^63, a guard field that is no object)
 * is not found by it, and so is left to the updates one by one.
 */
export function userTables(
  folds: readonly UserFold[],
  users: DocumentMapping & { readonly layout: UserLayout; readonly upsert: boolean },
): TablePlan<UserFold> {
  const { guard, fields } = users.layout;
  const totals = Object.values(fields).filter((name) => name !== false);
  if (!isTabular(users, totals)) return { tables: [], rest: folds };
  const plan = planTables(
    folds.map((fold) => ({
      item: fold,
      // An update of many makes no documents.
      key: users.upsert && fold.from === undefined ? undefined : documentKey(fold.user, users),
      values: userIncrements(fold.sums, users.layout),
    })),
    ({ writer }) => writer,
    (lines) => {
      const {
        item: { writer },
        values: { ...columns },
      } = lines[0];
      const names = Object.keys(columns);
      const entry = `${guard}.w.${writer}`;
      const keys = lines.map(({ key }) => key);
      const line = `${guard}.t`;
      const column = (index: number): Document => ({ $arrayElemAt: [`$${line}`, index] });
      return {
        filter: {
          _id: { $in: keys },
          $and: [
            ...totals.map((name) => ({ $or: [{ [name]: { $lt: largeTotal } }, { [name]: { $exists: false } }] })),
            { $or: [{ [guard]: { $exists: false } }, { [guard]: { $type: 'object' } }] },
          ],
          $expr: {
            $eq: [
              { $ifNull: [`$${entry}`, null] },
              lookUp(
                keys,
                lines.map(({ item: { from } }) => (from === undefined ? null : narrowInteger(from))),
              ),
            ],
          },
        },
        update: [
          {
            $set: {
              [line]: lookUp(
                keys,
                lines.map(({ item, values }) => [...names.map((name) => values[name]), narrowInteger(item.to)]),
              ),
            },
          },
          {
            $set: {
              ...Object.fromEntries(
                names.map((name, index) => [name, { $add: [{ $ifNull: [`$${name}`, 0n] }, column(index)] }]),
              ),
              [entry]: column(names.length),
            },
          },
          { $unset: line },
        ],
      };
    },
  );
  return { ...plan, passesOver: true };
}

/** Updates that set many messages at once, of those that show nothing yet. */
export function firstMessageTables(
  sums: readonly MessageSums[],
  messages: DocumentMapping & { readonly layout: MessageLayout },
  nothing: Document,
): TablePlan<MessageSums> {
  const shown = Object.values(messages.layout).filter((name) => name !== false);
  if (!isTabular(messages, shown)) return { tables: [], rest: sums };
  return planTables(
    sums.map((sum) => ({
      item: sum,
      key: sum.records === 1n ? documentKey(sum.message, messages) : undefined,
      values: messageValues(sum, messages.layout),
    })),
    () => '',
    (lines) => {
      const keys = lines.map(({ key }) => key);
      const names = Object.keys(lines[0].values);
      const [first = ''] = names;
      return {
        filter: { _id: { $in: keys }, ...nothing },
        update: [
          {
            $set: {
              [first]: lookUp(
                keys,
                lines.map(({ values }) => names.map((name) => values[name])),
              ),
            },
          },
          { $set: Object.fromEntries(names.map((name, index) => [name, { $arrayElemAt: [`$${first}`, index] }])) },
        ],
      };
    },
  );
}

type Line<T> = { readonly item: T; readonly key: unknown; readonly values: Readonly<Record<string, bigint | number>> };

/** Puts into one table what has the same columns; items without a key or without values are left over. */
function planTables<T>(
  lines: readonly Line<T>[],
  kindOf: (item: T) => string,
  tableOf: (lines: readonly [Line<T>, ...Line<T>[]]) => TableUpdate,
): TablePlan<T> {
  const groups = new Map<string, Line<T>[]>();
  const rest: T[] = [];
  for (const line of lines) {
    const columns = Object.keys(line.values);
    if (line.key === undefined || columns.length === 0) {
      rest.push(line.item);
      continue;
    }
    const kind = [kindOf(line.item), ...columns].join('\0');
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [line]);
    else group.push(line);
  }
  const tables: TableUpdate[] = [];
  for (const group of groups.values()) {
    while (group.length >= minTableSize) {
      const [first, ...others] = group.splice(0, maxTableSize);
      if (first !== undefined) tables.push(tableOf([first, ...others]));
    }
    rest.push(...group.map(({ item }) => item));
  }
  return { tables, rest };
}

/** The value that stands where the document's id stands in the list of keys. The server makes a hash table of the list. */
function lookUp(keys: readonly unknown[], values: readonly unknown[]): Document {
  return { $arrayElemAt: [{ $literal: values }, { $indexOfArray: [{ $literal: keys }, '$_id'] }] };
}

/** A field of a field may be in something that is no object: `$set` of a pipeline would replace that. */
function isTabular({ key, filter }: DocumentMapping, names: readonly string[]): boolean {
  return key === '_id' && filter === undefined && names.every((name) => !name.includes('.'));
}
