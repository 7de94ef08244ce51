import type { LedgerRow } from '../ledger/ledger-row.ts';
import type { RowSums } from '../ledger/row-sums.ts';
import type { Sibling } from '../ledger/call-marks.ts';
import type { StoredTokens } from '../ledger/token-names.ts';

/** A document the server refused for good, while others of the command went through. */
export interface Refusal {
  /** Encoded id of the record, user or message. */
  readonly id: string;
  readonly error: Error;
}

/** Adds rows to one user, if its guard entry is exactly `from`. */
export interface UserFold {
  /** Encoded user id. */
  readonly user: string;
  readonly writer: string;
  /** Number of the writer's last row that is counted; absent: no row of this writer is. */
  readonly from: bigint | undefined;
  /** The guard entry afterwards. */
  readonly to: bigint;
  readonly sums: RowSums;
}

/** Sums over the rows of one message. */
export interface MessageSums {
  /** Encoded message id. */
  readonly message: string;
  /** Number of rows, which only grows: the guard of the message's fields. */
  readonly records: bigint;
  readonly tokens: StoredTokens;
  readonly picoUsd: bigint;
}

/** What a message shows. */
export interface MessageState {
  /** False where {@link UsageDatabase.setFirstMessages} would set it. */
  readonly isShowing: boolean;
  /** Number of records it says it shows; 0 where it says nothing. */
  readonly records: bigint;
}

/** How many of the sent updates found their document, and which were refused. */
export interface UpdateResult {
  readonly matched: number;
  readonly refused: readonly Refusal[];
}

/** What one command for a whole batch did before it ended or stopped. */
export interface BatchResult {
  /** True where every row was inserted. Otherwise some may have been, and nothing was counted or set. */
  readonly isComplete: boolean;
  /** The row that was refused for good, where one was. */
  readonly refused: readonly Refusal[];
  /** Users that are counted now. */
  readonly counted: ReadonlySet<string>;
  /** Messages that show their usage now. */
  readonly shown: ReadonlySet<string>;
}

/** A process that writes rows. */
export interface WriterState {
  readonly id: string;
  /** Until when its process is taken for alive. */
  readonly leaseUntil: Date;
  /** All rows up to this number are settled: in the ledger, the users and the messages. */
  readonly settledN: bigint;
  /** Set by a clean close. */
  readonly closedAt?: Date;
  /** From here on its rows are counted and its guard entries may be gone: nobody may fold for it. */
  readonly retiredAt?: Date;
  /** Its guard entries are gone. */
  readonly cleanedAt?: Date;
}

/**
 * The database as the fold protocol sees it. Every command is acknowledged by a majority and journaled, and every read
 * is a majority read. A rejection means that the outcome is unknown, unless {@link isRefused} says otherwise: the
 * command may have been executed, may be executed later, or twice. The simulator of the tests stands behind it as well.
 */
export interface UsageDatabase {
  /**
   * Inserts rows so that the rows of one user become visible in their order, and stops at a duplicate id. Resolves with
   * the rows that were refused; those that are there are found by {@link UsageDatabase.rowsById}.
   */
  insertRows(
    rows: readonly LedgerRow[],
  ): Promise<{ readonly isComplete: boolean; readonly refused: readonly Refusal[] }>;
  /**
   * True where {@link UsageDatabase.storeBatch} may be used: the server has the command, and no failure of it can keep a
   * later step of a command and lose an earlier one.
   */
  canStoreBatches(): Promise<boolean>;
  /**
   * Inserts rows, then applies folds, then sets messages that show nothing yet, in this order and in one command that
   * stops at the first failure. Who uses it must have counted all earlier rows of the users in `folds`.
   */
  storeBatch(batch: {
    readonly rows: readonly LedgerRow[];
    readonly folds: readonly UserFold[];
    readonly messages: readonly MessageSums[];
  }): Promise<BatchResult>;
  /** The rows that are there, in any order. */
  rowsById(ids: readonly string[]): Promise<readonly LedgerRow[]>;
  /** Rows of a writer with numbers above `after`, of one user or all, in the order of their numbers. */
  rowsOfWriter(query: {
    readonly writer: string;
    readonly after: bigint;
    readonly upTo?: bigint;
    readonly user?: string;
    readonly limit?: number;
  }): Promise<readonly LedgerRow[]>;
  /** Earlier records of the calls. */
  siblings(calls: readonly string[]): Promise<readonly Sibling[]>;
  /** Applies each fold whose guard fits, each user in one step. */
  foldUsers(folds: readonly UserFold[]): Promise<UpdateResult>;
  /** Guard entries of a writer. A user without a document is not in the map. */
  guards(users: readonly string[], writer: string): Promise<ReadonlyMap<string, bigint | undefined>>;
  /** Sums over all rows of the messages. */
  messageSums(messages: readonly string[]): Promise<readonly MessageSums[]>;
  /** Sets the fields of each message that shows nothing, or zeros. */
  setFirstMessages(sums: readonly MessageSums[]): Promise<UpdateResult>;
  /** Sets the fields of each message that shows fewer records. */
  setMessages(sums: readonly MessageSums[]): Promise<UpdateResult>;
  /** What each message shows; a message without a document is not in the map. */
  messageStates(messages: readonly string[]): Promise<ReadonlyMap<string, MessageState>>;
  /** Makes a writer known. False where the id is taken. */
  addWriter(writer: WriterState): Promise<boolean>;
  /** Changes a writer's state; fields left out stay. */
  updateWriter(id: string, change: Partial<Omit<WriterState, 'id'>>): Promise<void>;
  /** One writer, or nothing where it was never added. */
  writer(id: string): Promise<WriterState | undefined>;
  /** Writers that are not retired. */
  activeWriters(): Promise<readonly WriterState[]>;
  /** Retired writers whose guard entries may still be there. */
  uncleanWriters(): Promise<readonly WriterState[]>;
  /** The number of the last row of each user that has rows of the writer. */
  lastRowsOfUsers(writer: string): Promise<ReadonlyMap<string, bigint>>;
  /** Takes the writer's entry out of the users' guards. */
  dropGuards(users: readonly string[], writer: string): Promise<void>;
}

const marker = Symbol.for('kilotoken.refusedCommand');

/** Marks the error of a command that was certainly not executed and never will be. */
export function refusedCommand(error: Error): Error {
  return Object.defineProperty(error, marker, { value: true });
}

/** True where the command was certainly not executed. */
export function isRefused(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && marker in error;
}
