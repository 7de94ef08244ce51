import type { Db } from 'mongodb';
import { isRefused, refusedCommand } from '../fold/usage-database.ts';
import type { Collections } from './collections.ts';
import { classified } from './server-errors.ts';

/** Where the store works. */
export interface CheckedCollections {
  readonly db: Db;
  readonly collections: Collections;
  /** Whether the app's collections are used. */
  readonly users: { readonly isUsed: boolean };
  readonly messages: { readonly isUsed: boolean };
}

interface Found {
  readonly name: string;
  readonly type?: string;
  readonly options?: { readonly capped?: boolean; readonly collation?: object };
}

/**
 * Checks that the collections are of a kind that keeps its documents, and each id once: our own, and those of the app that
 * are in use, whose documents must take updates. One that does not exist yet is created by the first write, as an ordinary
 * one.
 *
 * @throws an error marked as a refused command, naming the collection and the reason; any other where the server did not
 * answer.
 */
export async function checkCollectionKinds({ db, collections, users, messages }: CheckedCollections): Promise<void> {
  const ours = namesOf(collections.ledger, collections.writers, collections.rollups);
  const theirs = [
    ...(users.isUsed ? namesOf(collections.users) : []),
    ...(messages.isUsed ? namesOf(collections.messages) : []),
  ];
  for (const { name, type, options } of await describedCollections(db, [...ours, ...theirs])) {
    const reason = unfit(type) ?? (ours.includes(name) ? unfitAsOurs(options) : undefined);
    if (reason !== undefined) {
      throw refusedCommand(
        new Error(`collection "${name}" ${reason}; nothing was stored, use or create an ordinary collection`),
      );
    }
  }
}

function namesOf(...kept: readonly { readonly collectionName: string }[]): string[] {
  return kept.map(({ collectionName }) => collectionName);
}

function unfit(type: string | undefined): string | undefined {
  if (type === 'timeseries')
    return 'is a time-series collection, which allows duplicate ids and no updates of single documents';
  if (type === 'view') return 'is a view, which cannot be written to';
  return undefined;
}

function unfitAsOurs({ capped, collation }: NonNullable<Found['options']> = {}): string | undefined {
  if (capped === true) return 'is capped, and would drop its oldest documents';
  return collation === undefined ? undefined : 'has a collation, which may take two ids for the same one';
}

/** What the server tells of them. A role that may not list collections is told names and types of those it may read. */
async function describedCollections(db: Db, names: readonly string[]): Promise<readonly Found[]> {
  const filter = { name: { $in: [...names] } };
  const options = { readPreference: 'primary', raw: false } as const;
  return (
    (await db
      .listCollections(filter, { ...options, nameOnly: false })
      .toArray()
      .catch(whenRefused)) ??
    (await db
      .listCollections(filter, { ...options, nameOnly: true, authorizedCollections: true })
      .toArray()
      .catch(whenRefused)) ??
    []
  );
}

/** The question is not supported, in its words or at all: servers that speak like MongoDB, and strict APIs. */
const unsupportedCodes: readonly unknown[] = [115, 238, 323];

/** What is refused for another reason than the role is refused to the write that follows, too. */
function whenRefused(error: unknown): undefined {
  const isUnsupported = unsupportedCodes.includes(Reflect.get(Object(error), 'code'));
  if (!isUnsupported && !isRefused(classified(error))) throw error;
  return undefined;
}
