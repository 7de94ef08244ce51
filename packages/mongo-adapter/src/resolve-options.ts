import { gotText, withoutUndefined } from '@kilotoken/core/store-kit';
import type { Db, Document } from 'mongodb';
import {
  checkCollectionName,
  checkCollectionsApart,
  checkDatabaseName,
  checkFieldName,
  checkFieldsApart,
} from './check-names.ts';
import { messageLayout } from './messages/message-fields.ts';
import type { MessageLayout } from './messages/message-fields.ts';
import { invalidOption, wrongOption } from './option-errors.ts';
import type { CollectionNames, DriverDb, MessagesOptions, MongoStoreOptions, Orphan, UsersOptions } from './options.ts';
import { userLayout } from './users/user-fields.ts';
import type { UserLayout } from './users/user-fields.ts';

/** Options with all defaults filled in. */
export interface ResolvedOptions {
  readonly db: Db;
  readonly users: Required<Omit<UsersOptions, 'fields' | 'guard' | 'filter'>> & {
    readonly filter: ((id: string) => Document) | undefined;
    readonly layout: UserLayout;
    readonly isUsed: boolean;
  };
  readonly messages: Required<Omit<MessagesOptions, 'fields' | 'guard' | 'filter'>> & {
    readonly filter: ((id: string) => Document) | undefined;
    readonly layout: MessageLayout;
    readonly guard: string;
    readonly isUsed: boolean;
  };
  readonly collections: Required<CollectionNames>;
  readonly orphanAfterMs: number;
  readonly timeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly maintenance: boolean;
  readonly recovery: boolean;
  readonly onError: (error: Error) => void;
  readonly onOrphan: (orphan: Orphan) => void;
  readonly onConflict: NonNullable<MongoStoreOptions['onConflict']>;
}

const ownCollections: Required<CollectionNames> = { ledger: 'kt_ledger', writers: 'kt_writers', rollups: 'kt_rollups' };

const known = {
  store: [
    'client',
    'db',
    'users',
    'messages',
    'collections',
    'orphanAfterMs',
    'timeoutMs',
    'commandTimeoutMs',
    'maintenance',
    'recovery',
    'onError',
    'onOrphan',
    'onConflict',
  ],
  users: ['collection', 'key', 'id', 'filter', 'fields', 'guard', 'upsert'],
  messages: ['collection', 'key', 'id', 'filter', 'fields', 'guard'],
  collections: ['ledger', 'writers', 'rollups'],
  fields: ['totalTokens', 'inputTokens', 'outputTokens', 'picoUsd'],
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws `MeterError` `invalid_options`, naming what is wrong.
 */
export function resolveOptions(options: MongoStoreOptions): ResolvedOptions {
  checkKeys('', options, known.store);
  const users = options.users === false ? {} : orDefault(options.users, {});
  const messages = options.messages === false ? {} : orDefault(options.messages, {});
  checkDocuments('users', users, known.users);
  checkDocuments('messages', messages, known.messages);
  checkKeys('collections.', orDefault(options.collections, {}), known.collections);
  const collections = { ...ownCollections, ...withoutUndefined(options.collections ?? {}) };
  for (const [name, value] of Object.entries(collections)) checkCollectionName(`collections.${name}`, value);
  checkSwitch('users.upsert', users.upsert);
  for (const name of ['maintenance', 'recovery'] as const) checkSwitch(name, options[name]);
  for (const name of ['onError', 'onOrphan', 'onConflict'] as const) checkFunction(name, options[name]);
  const usersNames = { collection: users.collection ?? 'users', key: users.key ?? '_id', layout: userLayout(users) };
  const messagesNames = {
    collection: messages.collection ?? 'messages',
    key: messages.key ?? '_id',
    layout: messageLayout(messages.fields),
    guard: messages.guard ?? '_kt',
  };
  for (const id of new Set(['_id', usersNames.key]))
    checkFieldsApart('users', [id, usersNames.layout.guard, ...written(usersNames.layout.fields)]);
  for (const id of new Set(['_id', messagesNames.key]))
    checkFieldsApart('messages', [id, messagesNames.guard, ...written(messagesNames.layout)]);
  checkCollectionsApart(Object.values(collections), [
    ...(options.users === false ? [] : [usersNames.collection]),
    ...(options.messages === false ? [] : [messagesNames.collection]),
  ]);
  return {
    db: databaseOf(options),
    users: {
      ...usersNames,
      id: users.id ?? ((id) => id),
      filter: users.filter,
      upsert: users.upsert ?? false,
      isUsed: options.users !== false,
    },
    messages: {
      ...messagesNames,
      id: messages.id ?? ((id) => id),
      filter: messages.filter,
      isUsed: options.messages !== false,
    },
    collections,
    orphanAfterMs: duration('orphanAfterMs', options.orphanAfterMs, 60_000),
    timeoutMs: duration('timeoutMs', options.timeoutMs, 30_000),
    commandTimeoutMs: duration('commandTimeoutMs', options.commandTimeoutMs, 15_000),
    maintenance: options.maintenance ?? true,
    recovery: options.recovery ?? true,
    onError: harmless(options.onError),
    onOrphan: harmless(options.onOrphan),
    onConflict: harmless(options.onConflict),
  };
}

const databaseOrName = 'the name of a database or a Db of the driver';

function databaseOf({ client, db }: MongoStoreOptions): Db {
  if (typeof db === 'object') {
    if (typeof db?.collection !== 'function') throw wrongOption('db', databaseOrName, db);
    return asDb(db);
  }
  if (db !== undefined && typeof db !== 'string') throw wrongOption('db', databaseOrName, db);
  if (db !== undefined) checkDatabaseName(db);
  if (typeof client?.db !== 'function') {
    const hint = client === undefined && db === undefined ? '; a Mongoose connection has no db before it is open' : '';
    throw invalidOption(
      `pass client (a MongoClient) or db (a Db of the driver), got client: ${gotText(client)}, db: ${gotText(db)}${hint}`,
    );
  }
  return asDb(client.db(db));
}

/** Whatever its copy, a `Db` of the supported versions takes the same calls. */
function asDb(db: DriverDb): Db {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return db as Db;
}

function checkDocuments(what: 'users' | 'messages', options: UsersOptions & MessagesOptions, keys: string[]): void {
  checkKeys(`${what}.`, options, keys);
  if (options.collection !== undefined) checkCollectionName(`${what}.collection`, options.collection);
  if (options.key !== undefined) checkFieldName(`${what}.key`, options.key);
  if (options.guard !== undefined) {
    checkFieldName(`${what}.guard`, options.guard);
    if (options.guard.includes('.')) throw wrongOption(`${what}.guard`, 'one field, without dots', options.guard);
  }
  for (const name of ['id', 'filter'] as const) checkFunction(`${what}.${name}`, options[name]);
  const fields = orDefault(options.fields, {});
  checkKeys(`${what}.fields.`, fields, known.fields);
  const names = Object.entries(fields).filter(([, value]) => value !== undefined && value !== false);
  for (const [name, value] of names) checkFieldName(`${what}.fields.${name}`, value);
}

/** Names of the totals that are written. */
function written(fields: UserLayout['fields']): string[] {
  return Object.values(fields).filter((name) => name !== false);
}

/** The default only for what was not given: `null` is a mistake. */
function orDefault<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value;
}

function checkKeys(prefix: string, value: object, keys: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongOption(prefix.slice(0, -1) || 'options', 'an object', value);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw invalidOption(`unknown option "${prefix}${unknown}"; known options are ${keys.join(', ')}`);
}

function checkSwitch(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrongOption(option, 'true or false', value);
}

function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw wrongOption(option, 'a function', value);
}

function duration(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !(value > 0)) throw wrongOption(name, 'a number of milliseconds above 0', value);
  return Math.min(value, 2 ** 31 - 1);
}

/** What the app throws in a callback is the app's affair and must not stop the counting. */
function harmless<A>(callback: ((argument: A) => void) | undefined): (argument: A) => void {
  return (argument) => {
    try {
      callback?.(argument);
    } catch {
      // Nobody is left to tell.
    }
  };
}
