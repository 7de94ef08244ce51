import { MeterError } from '@kilotoken/core';
import type { UsageRecord } from '@kilotoken/core';
import type { Db, Document } from 'mongodb';
import type { CollectionNames } from './driver/collections.ts';
import { defaultMessageLayout } from './messages/message-fields.ts';
import type { MessageFields, MessageLayout } from './messages/message-fields.ts';
import { defaultUserLayout } from './users/user-fields.ts';
import type { UserFields, UserLayout } from './users/user-fields.ts';

/** How documents of the app are found. */
export interface AppDocuments {
  /** Field that holds the id. Default `_id`. */
  readonly key?: string;
  /**
   * Makes the value of the key field from an id as the meter has it. Default: the text itself. May throw or give
   * `undefined` for what cannot be an id; then there is no such document.
   */
  readonly id?: (id: string) => unknown;
  /** More equality conditions to find the document by, such as the shard key of the collection. */
  readonly filter?: (id: string) => Document;
}

/** Where the totals of users are. */
export interface UsersOptions extends AppDocuments {
  /** Default `users`. */
  readonly collection?: string;
  /** Names of the totals. */
  readonly fields?: UserFields;
  /** The one field that keeps the guard, the split sums and the count of records. No dots. Default `_kt`. */
  readonly guard?: string;
  /** Makes a document for a user that has none. Default `false`: the app makes its users. */
  readonly upsert?: boolean;
}

/** Where the counts of messages are. */
export interface MessagesOptions extends AppDocuments {
  /** Default `messages`. */
  readonly collection?: string;
  /** Names of the counts. */
  readonly fields?: MessageFields;
  /** Holds the number of records where a message has several. No dots. Default `_kt`. */
  readonly guard?: string;
}

/** Usage that waits for a document of the app. */
export interface Orphan {
  readonly kind: 'user' | 'message';
  /** The id as the meter has it. */
  readonly id: string;
}

/**
 * A `Db` of any copy of the driver. Described by shape: mongoose brings a driver of its own, and to the compiler two
 * copies of one class are two types.
 */
export interface DriverDb {
  readonly databaseName: string;
  collection(name: string): { readonly collectionName: string };
}

/** A `MongoClient` of any copy of the driver, such as the one `mongoose.connection.getClient()` gives. */
export interface DriverClient {
  db(name?: string): DriverDb;
}

/** Options of {@link mongoStore}. */
export interface MongoStoreOptions {
  /** The app's own `MongoClient`; it stays the app's to close. */
  readonly client?: DriverClient;
  /** The database: its name, with `client`, or a `Db`. Default with `client`: the one of the connection string. */
  readonly db?: string | DriverDb;
  /** The app's users. `false`: no totals on users. Default: collection `users`. */
  readonly users?: UsersOptions | false;
  /** The app's messages. `false`: the app writes them itself. Default: collection `messages`. */
  readonly messages?: MessagesOptions | false;
  /** Names of our own collections. */
  readonly collections?: CollectionNames;
  /**
   * How long usage is tried again for a user or message that has no document yet, before `onOrphan` hears of it. The
   * ledger keeps it in any case. In milliseconds, default 60000.
   */
  readonly orphanAfterMs?: number;
  /** How long `append` and `close` wait before they reject; what is under way goes on. In milliseconds, default 30000. */
  readonly timeoutMs?: number;
  /** How long one command may take before its outcome counts as unknown. In milliseconds, default 15000. */
  readonly commandTimeoutMs?: number;
  /**
   * Upkeep in the background: roll-ups for charts, and cleaning up after processes that are long gone. Default `true`. With
   * `false` another process has to do it: charts stay right without, and get slower and slower.
   *
   * It does not switch off what counting needs: signs of life, documents that come late, and `recovery`.
   */
  readonly maintenance?: boolean;
  /**
   * Whether this process counts, every 15 seconds, what processes left that died. Default `true`. With `false` in all of
   * them that stays in the ledger, **on no user and no message**, until somebody calls `recover()`.
   */
  readonly recovery?: boolean;
  /** Hears of problems that lose nothing and need somebody: a validator that rejects, a guard that is gone. */
  readonly onError?: (error: Error) => void;
  /** Hears of usage whose user or message has no document. */
  readonly onOrphan?: (orphan: Orphan) => void;
  /** Hears of a record that was sent again with another content; the first stays. */
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
  const users = options.users === false ? {} : (options.users ?? {});
  const messages = options.messages === false ? {} : (options.messages ?? {});
  checkDocuments('users', users, known.users);
  checkDocuments('messages', messages, known.messages);
  checkKeys('collections.', options.collections ?? {}, known.collections);
  for (const [name, value] of Object.entries(options.collections ?? {})) checkName(`collections.${name}`, value);
  if (users.upsert !== undefined && typeof users.upsert !== 'boolean')
    throw invalid('users.upsert must be true or false');
  for (const name of ['maintenance', 'recovery'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw invalid(`${name} must be true or false`);
  }
  for (const name of ['onError', 'onOrphan', 'onConflict'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') throw invalid(`${name} must be a function`);
  }
  return {
    db: databaseOf(options),
    users: {
      collection: users.collection ?? 'users',
      key: users.key ?? '_id',
      id: users.id ?? ((id) => id),
      filter: users.filter,
      upsert: users.upsert ?? false,
      layout: {
        fields: { ...defaultUserLayout.fields, ...users.fields },
        guard: users.guard ?? defaultUserLayout.guard,
      },
      isUsed: options.users !== false,
    },
    messages: {
      collection: messages.collection ?? 'messages',
      key: messages.key ?? '_id',
      id: messages.id ?? ((id) => id),
      filter: messages.filter,
      layout: { ...defaultMessageLayout, ...messages.fields },
      guard: messages.guard ?? '_kt',
      isUsed: options.messages !== false,
    },
    collections: { ledger: 'kt_ledger', writers: 'kt_writers', rollups: 'kt_rollups', ...options.collections },
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
    if (typeof db?.collection !== 'function') throw invalid('db must be the name of a database or a Db of the driver');
    return asDb(db);
  }
  if (db !== undefined && typeof db !== 'string') throw invalid('db must be the name of a database or a Db');
  if (typeof client?.db !== 'function') throw invalid('pass client (a MongoClient) or db (a Db of the driver)');
  return asDb(client.db(db));
}

/** Whatever its copy, a `Db` of the supported versions takes the same calls. */
function asDb(db: DriverDb): Db {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return db as Db;
}

function checkDocuments(what: 'users' | 'messages', options: UsersOptions & MessagesOptions, keys: string[]): void {
  checkKeys(`${what}.`, options, keys);
  for (const name of ['collection', 'key'] as const) {
    if (options[name] !== undefined) checkName(`${what}.${name}`, options[name]);
  }
  if (options.guard !== undefined) checkField(`${what}.guard`, options.guard);
  for (const name of ['id', 'filter'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw invalid(`${what}.${name} must be a function`);
  }
  checkKeys(`${what}.fields.`, options.fields ?? {}, known.fields);
  const names = Object.entries(options.fields ?? {}).filter(([, value]) => value !== undefined && value !== false);
  for (const [name, value] of names) checkName(`${what}.fields.${name}`, value);
}

function checkKeys(prefix: string, value: object, keys: readonly string[]): void {
  if (typeof value !== 'object' || value === null)
    throw invalid(`${prefix.slice(0, -1) || 'options'} must be an object`);
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw invalid(`unknown option "${prefix}${key}"`);
}

function checkName(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '' || value.startsWith('$') || value.includes('\0')) {
    throw invalid(`${name} must be a name: text, not empty, without "$" in front`);
  }
}

function checkField(name: string, value: unknown): void {
  checkName(name, value);
  if (String(value).includes('.')) throw invalid(`${name} must be one field, without dots`);
}

function duration(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !(value > 0)) throw invalid(`${name} must be a number of milliseconds above 0`);
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

function invalid(problem: string): MeterError {
  return new MeterError('invalid_options', `mongoStore: ${problem}`);
}
