import type { Document } from 'mongodb';

/** Options of {@link MongoStore.backfill}. */
export interface BackfillOptions {
  /** Only counts what would be done. Default `false`. */
  readonly dryRun?: boolean;
  /** Id of the user of a message, as the meter has it. Default: the field `userId` as text. */
  readonly userIdOf?: (message: Document) => string | undefined;
  /** When the message was made. Default: the field `createdAt`, else the time inside its ObjectId. */
  readonly startedAtOf?: (message: Document) => Date | undefined;
  /** Model of the message. Default: the field `model`. */
  readonly modelOf?: (message: Document) => string | undefined;
  /** Id of a user, as the meter has it, from the document. Default: its key field as text. */
  readonly idOfUser?: (user: Document) => string | undefined;
  /** Goes on behind this message; the `lastMessage` of an earlier progress. */
  readonly after?: unknown;
  /** Hears of each batch. */
  readonly onProgress?: (progress: BackfillProgress) => void;
}

/** How far a backfill is. */
export interface BackfillProgress {
  /** Messages with usage looked at, and rows made for them; messages that had some already make none. */
  readonly messages: number;
  readonly rows: number;
  /** Users looked at, and opening balances made for them. */
  readonly users: number;
  readonly balances: number;
  /**
   * Messages and users passed over: no record can hold their counts, no text is their id, or the document of the user
   * refuses to be changed. `onError` heard of each.
   */
  readonly skipped: number;
  /** Key of the last message, to go on from. */
  readonly lastMessage?: unknown;
}
