import type { UsageRecord } from '@kilotoken/core';
import type { Document } from 'mongodb';
import type { MessageFields } from './messages/message-fields.ts';
import type { UserFields } from './users/user-fields.ts';

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

/** Names of the store's own collections. */
export interface CollectionNames {
  /** Default `kt_ledger`. */
  readonly ledger?: string;
  /** Default `kt_writers`. */
  readonly writers?: string;
  /** Default `kt_rollups`. */
  readonly rollups?: string;
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
