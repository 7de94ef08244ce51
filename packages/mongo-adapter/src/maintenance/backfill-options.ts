import type { Document } from 'mongodb';

/** Options of {@link MongoStore.backfill}. */
export interface BackfillOptions {
  /** Only counts what would be done, and changes nothing. Default `false`. */
  readonly dryRun?: boolean;
  /** Returns the id of a message's user, as passed to `meter.track`. Default: the field `userId` as a string. */
  readonly userIdOf?: (message: Document) => string | undefined;
  /** Returns the time of the message. Default: the field `createdAt`, else the time in its ObjectId. */
  readonly startedAtOf?: (message: Document) => Date | undefined;
  /** Returns the model of the message. Default: the field `model`. */
  readonly modelOf?: (message: Document) => string | undefined;
  /** Returns the id of a user document, as passed to `meter.track`. Default: its key field as a string. */
  readonly idOfUser?: (user: Document) => string | undefined;
  /** Continues after this message: the `lastMessage` of an earlier run. */
  readonly after?: unknown;
  /** Called after each batch. */
  readonly onProgress?: (progress: BackfillProgress) => void;
}

/** The progress of a backfill. */
export interface BackfillProgress {
  /** Messages with usage that were read, and rows created for them; messages that already had rows get none. */
  readonly messages: number;
  readonly rows: number;
  /** Users that were read, and opening balances created for them. */
  readonly users: number;
  readonly balances: number;
  /**
   * Messages and users that were skipped: no record can hold their counts, their id is not a string, or the document of the user
   * cannot be changed. `onError` was called for each.
   */
  readonly skipped: number;
  /** Key of the last message, to continue from. */
  readonly lastMessage?: unknown;
}
