import type { UsageRecord } from '@kilotoken/core';
import { withoutUndefined } from '@kilotoken/core/store-kit';
import type { Db, Document } from 'mongodb';
import {
  checkCollectionName,
  checkCollectionsApart,
  checkDatabaseName,
  checkFieldName,
  checkFieldsApart,
  invalidOption,
} from './check-names.ts';
import type { CollectionNames } from './driver/collections.ts';
import { messageLayout } from './messages/message-fields.ts';
import type { MessageFields, MessageLayout } from './messages/message-fields.ts';
import { userLayout } from './users/user-fields.ts';
import type { UserFields, UserLayout } from './users/user-fields.ts';

/** How to find documents of the app. */
export interface AppDocuments {
  /** Field that holds the id. Default `_id`. */
  readonly key?: string;
  /**
   * Converts an id, as passed to `meter.track`, to the value of the key field. Default: the string itself. May throw or return
   * `undefined` for a string that cannot be an id; then no document is updated. Two ids must not give the same value, or the usage of
   * one of them is counted only in part.
   */
  readonly id?: (id: string) => unknown;
  /** Returns further equality conditions to find the document, such as the shard key of the collection. */
  readonly filter?: (id: string) => Document;
}

/** Where to keep the totals of users. */
export interface UsersOptions extends AppDocuments {
  /** Default `users`. */
  readonly collection?: string;
  /** Names of the totals. */
  readonly fields?: UserFields;
  /** The store's own field in the user document: the guard, the split sums and the count of records. No dots. Default `_kt`. */
  readonly guard?: string;
  /** Creates a document for a user that has none. Default `false`: the app creates its users. */
  readonly upsert?: boolean;
}

/** Where to keep the counts of messages. */
export interface MessagesOptions extends AppDocuments {
  /** Default `messages`. */
  readonly collection?: string;
  /** Names of the counts. */
  readonly fields?: MessageFields;
  /** The store's own field in the message document: the number of records, if a message has several. No dots. Default `_kt`. */
  readonly guard?: string;
}

/** Usage whose user or message has no document yet. */
export interface Orphan {
  readonly kind: 'user' | 'message';
  /** The id, as passed to `meter.track`. */
  readonly id: string;
}

/**
 * A `Db` of any copy of the driver. Described by its shape, because Mongoose brings its own copy of the driver, and TypeScript treats
 * two copies of a class as different types.
 */
export interface DriverDb {
  readonly databaseName: string;
  collection(name: string): { readonly collectionName: string };
}

/** A `MongoClient` of any copy of the driver, such as the result of `mongoose.connection.getClient()`. */
export interface DriverClient {
  db(name?: string): DriverDb;
}

/** Options of {@link mongoStore}. */
export interface MongoStoreOptions {
  /** The app's own `MongoClient`. The store never closes it. */
  readonly client?: DriverClient;
  /** The database: its name, with `client`, or a `Db`. Default with `client`: the database of the connection string. */
  readonly db?: string | DriverDb;
  /** The app's users. `false`: no totals on users. Default: collection `users`. */
  readonly users?: UsersOptions | false;
  /** The app's messages. `false`: the app writes them itself. Default: collection `messages`. */
  readonly messages?: MessagesOptions | false;
  /** Names of the store's own collections. */
  readonly collections?: CollectionNames;
  /**
   * How long to wait for the document of a user or message before `onOrphan` is called. The ledger keeps the usage in any case. In
   * milliseconds, default 60000.
   */
  readonly orphanAfterMs?: number;
  /** How long `append` and `close` wait before they reject; work in progress continues. In milliseconds, default 30000. */
  readonly timeoutMs?: number;
  /** How long one command may take before its outcome counts as unknown. In milliseconds, default 15000. */
  readonly commandTimeoutMs?: number;
  /**
   * Whether this process does background maintenance: roll-ups for charts, and cleanup after processes that are long gone. Default
   * `true`. With `false`, another process must do it; otherwise charts stay correct but become slower over time.
   *
   * Does not affect what counting needs: heartbeats, documents that appear late, and `recovery`.
   */
  readonly maintenance?: boolean;
  /**
   * Whether this process counts, every 15 seconds, what dead processes have left. Default `true`. If it is `false` in all processes,
   * that usage stays in the ledger, **on no user and no message**, until `recover()` is called.
   */
  readonly recovery?: boolean;
  /** Called with problems that lose nothing but need attention: a validator that rejects, a guard field that is missing. */
  readonly onError?: (error: Error) => void;
  /** Called with usage whose user or message has no document. */
  readonly onOrphan?: (orphan: Orphan) => void;
  /** Called with a record that was sent again with different content; the first one stays. */
  readonly onConflict?: (conflict: { readonly stored: UsageRecord; readonly sent: UsageRecord }) => void;
}

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
  if (users.upsert !== undefined && typeof users.upsert !== 'boolean')
    throw invalidOption('users.upsert must be true or false');
  for (const name of ['maintenance', 'recovery'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw invalidOption(`${name} must be true or false`);
  }
  for (const name of ['onError', 'onOrphan', 'onConflict'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw invalidOption(`${name} must be a function`);
  }
  const usersNames = { collection: users.collection ?? 'users', key: users.key ?? '_id', layout: userLayout(users) };
  const messagesNames = {
    collection: messages.collection ?? 'messages',
    key: messages.key ?? '_id',
    layout: messageLayout(messages.fields),
    guard: messages.guard ?? '_kt',
  };
  for (const id of new Set(['_id', usersNames.key]))
    checkFieldsApart('users', [id, usersNames.layout.guard, ...shown(usersNames.layout.fields)]);
  for (const id of new Set(['_id', messagesNames.key]))
    checkFieldsApart('messages', [id, messagesNames.guard, ...shown(messagesNames.layout)]);
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

function databaseOf({ client, db }: MongoStoreOptions): Db {
  if (typeof db === 'object') {
    if (typeof db?.collection !== 'function')
      throw invalidOption('db must be the name of a database or a Db of the driver');
    return asDb(db);
  }
  if (db !== undefined && typeof db !== 'string') throw invalidOption('db must be the name of a database or a Db');
  if (db !== undefined) checkDatabaseName(db);
  if (typeof client?.db !== 'function') throw invalidOption('pass client (a MongoClient) or db (a Db of the driver)');
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
    if (options.guard.includes('.')) throw invalidOption(`${what}.guard must be one field, without dots`);
  }
  for (const name of ['id', 'filter'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw invalidOption(`${what}.${name} must be a function`);
  }
  const fields = orDefault(options.fields, {});
  checkKeys(`${what}.fields.`, fields, known.fields);
  const names = Object.entries(fields).filter(([, value]) => value !== undefined && value !== false);
  for (const [name, value] of names) checkFieldName(`${what}.fields.${name}`, value);
}

/** Names of the totals that are written. */
function shown(fields: UserLayout['fields']): string[] {
  return Object.values(fields).filter((name) => name !== false);
}

/** The default only for what was not given: `null` is a mistake. */
function orDefault<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value;
}

function checkKeys(prefix: string, value: object, keys: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidOption(`${prefix.slice(0, -1) || 'options'} must be an object`);
  for (const key of Object.keys(value))
    if (!keys.includes(key)) throw invalidOption(`unknown option "${prefix}${key}"`);
}

function duration(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !(value > 0))
    throw invalidOption(`${name} must be a number of milliseconds above 0`);
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
