import type { StorableRecord } from '@kilotoken/core/store-kit';
import { callMarks, callsToLookUp } from '../ledger/call-marks.ts';
import { ledgerRow } from '../ledger/ledger-row.ts';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import { insertRows } from './insert-rows.ts';
import type { MessageSetter } from './message-setter.ts';
import { persist } from './persist.ts';
import type { Persistence } from './persist.ts';
import { storeAtOnce } from './store-at-once.ts';
import type { UsageDatabase } from './usage-database.ts';
import { RetiredError } from './user-folder.ts';
import type { UserFolder } from './user-folder.ts';

/** What became of one record. */
export type RecordOutcome =
  | { readonly kind: 'inserted' }
  | { readonly kind: 'duplicate'; readonly stored: LedgerRow }
  | { readonly kind: 'refused'; readonly error: Error };

/** Options of {@link createBatchWriter}. */
export interface BatchWriterOptions {
  readonly database: UsageDatabase;
  readonly persistence: Persistence;
  /** A new id for a writer; used only where the registry takes it. */
  readonly newWriterId: () => string;
  /** How long other processes take this one for alive after each sign of life, in milliseconds. */
  readonly leaseMs: number;
  readonly createFolder: (writer: string) => UserFolder;
  /** Absent where the app writes its messages itself. */
  readonly messages?: MessageSetter;
  /** Rows per command, at most. */
  readonly maxBatchRows: number;
  /** Text per command, at most, in characters. */
  readonly maxBatchText: number;
  /** Rows that must stay within reach of recovery; the lowest number, or nothing. */
  readonly heldBack: () => bigint | undefined;
  /** The registry lost this writer while its process stood still. */
  readonly onRetired: (writer: string) => void;
}

/** Stores records, and counts them on the documents of users and messages. */
export interface BatchWriter {
  /** Resolves when the record is stored and counted, or definitely not; rejects when it is refused for now, or closed. */
  write(record: StorableRecord, length: number): Promise<RecordOutcome>;
  /** Tells the registry that this process is alive, once it has written. */
  beat(): Promise<void>;
  /** Folds again for users that were missing or refused. */
  retryBehind(users: readonly string[]): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Id of the writer and the numbers of its rows; nothing before the first write. */
  state(): { readonly id: string; readonly lastN: bigint; readonly settledN: bigint } | undefined;
}

interface Entry {
  readonly record: StorableRecord;
  readonly textLength: number;
  resolve(outcome: RecordOutcome): void;
  reject(error: unknown): void;
}

interface Stored {
  readonly own: Identity;
  /** Number of the last row. */
  readonly lastN: bigint;
  /** Rows that users, and messages, do not show yet. */
  readonly uncounted: readonly LedgerRow[];
  readonly unshown: readonly LedgerRow[];
  readonly entries: readonly (Entry | undefined)[];
}

interface Identity {
  readonly id: string;
  readonly folder: UserFolder;
  /** The server takes rows and what follows from them in one command. */
  storesAtOnce: boolean;
  isRetired: boolean;
  lastN: bigint;
  settledN: bigint;
  lastInsertAt: number;
}

/**
 * Makes the writer of one process.
 *
 * Two loops work in step: one stores batches, one behind the other, so that the rows of a user become visible in their
 * order; the other counts whatever was stored meanwhile, in one update per user. Where the server can, one command stores
 * a batch and counts it, and the second loop has nothing to do but what went wrong.
 */
export function createBatchWriter(options: BatchWriterOptions): BatchWriter {
  const { database, persistence, messages } = options;
  const queue: Entry[] = [];
  const stored: Stored[] = [];
  /** Batches stored and not counted. The next one may have rows of the same users, whose guards are not known now. */
  let uncountedBatches = 0;
  let identity: Identity | undefined;
  let inserting: Promise<void> | undefined;
  let counting: Promise<void> | undefined;
  let retry:
    | { readonly folder: UserFolder; readonly users: readonly string[]; done(): void; failed(error: unknown): void }
    | undefined;

  const register = async (): Promise<Identity> => {
    const asked = database.canStoreBatches().catch(() => false);
    for (;;) {
      const id = options.newWriterId();
      const leaseUntil = new Date(persistence.pace.now().getTime() + options.leaseMs);
      // After an unknown outcome the id may be taken by ourselves; another one costs nothing.
      // oxlint-disable-next-line no-await-in-loop -- until an id is free
      const isAdded = await persist(() => database.addWriter({ id, leaseUntil, settledN: 0n }), persistence, {
        failsWhenRefused: true,
      });
      if (!isAdded) continue;
      const folder = options.createFolder(id);
      // oxlint-disable-next-line no-await-in-loop -- see above
      const storesAtOnce = await asked;
      return { id, folder, storesAtOnce, lastN: 0n, settledN: 0n, lastInsertAt: 0, isRetired: false };
    }
  };

  const makeRows = async (batch: readonly Entry[], own: Identity): Promise<LedgerRow[]> => {
    const records = batch.map(({ record }) => record);
    const calls = callsToLookUp(records);
    const siblings =
      calls.length === 0 ? [] : await persist(() => database.siblings(calls), persistence, { failsWhenRefused: true });
    const marks = callMarks(records, siblings);
    own.lastInsertAt = Math.max(own.lastInsertAt, persistence.pace.now().getTime());
    const insertedAt = new Date(own.lastInsertAt);
    return records.map((record, index) => {
      own.lastN += 1n;
      const mark = marks[index] ?? { isFirst: true, isFirstOfOrigin: true, isFirstUnpriced: false, isRepeat: false };
      return ledgerRow(record, { writer: own.id, n: own.lastN, insertedAt }, mark);
    });
  };

  /** Leaves to the other loop what is still to be done for stored rows. */
  const passOn = (batch: Stored): void => {
    if (batch.entries.length === 0) return;
    const isDone = batch.uncounted.length + batch.unshown.length === 0;
    if (isDone && stored.length === 0 && counting === undefined) {
      settleBatch(batch);
      return;
    }
    if (batch.uncounted.length > 0) uncountedBatches += 1;
    stored.push(batch);
    startCounting();
  };

  const settleBatch = ({ own, lastN, entries }: Stored): void => {
    own.settledN = lastN;
    for (const entry of entries) entry?.resolve({ kind: 'inserted' });
  };

  const insertBatch = async (batch: readonly Entry[]): Promise<void> => {
    try {
      const own = (identity ??= await register());
      const rows = await makeRows(batch, own);
      const isAtOnce = own.storesAtOnce && uncountedBatches === 0;
      const { outcome, shown, isSupported } = isAtOnce
        ? await storeAtOnce(rows, { database, persistence, folder: own.folder, messages })
        : { outcome: await insertRows(database, rows, persistence), shown: new Set<string>(), isSupported: true };
      own.storesAtOnce &&= isSupported;
      const { inserted } = outcome;
      const entries = new Map(rows.map((row, index) => [row, batch[index]] as const));
      passOn({
        own,
        lastN: inserted.at(-1)?.n ?? 0n,
        uncounted: own.folder.uncounted(inserted),
        unshown: messages === undefined ? [] : inserted.filter(({ mid }) => mid !== undefined && !shown.has(mid)),
        entries: inserted.map((row) => entries.get(row)),
      });
      for (const { row, stored: other } of outcome.duplicates)
        entries.get(row)?.resolve({ kind: 'duplicate', stored: other });
      const refusals = new Map(outcome.refused.map(({ id, error }) => [id, error] as const));
      for (const [row, entry] of entries) {
        const error = refusals.get(row._id);
        if (error !== undefined) entry?.resolve({ kind: 'refused', error });
      }
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
  };

  const insertAll = async (): Promise<void> => {
    while (queue.length > 0) {
      // oxlint-disable-next-line no-await-in-loop -- rows of one writer become visible in their order
      await insertBatch(takeBatch(queue, options));
    }
    inserting = undefined;
  };

  /** Counts all that one writer has stored meanwhile. */
  const countStored = async (own: Identity): Promise<void> => {
    const end = stored.findIndex((batch) => batch.own !== own);
    const batches = stored.splice(0, end === -1 ? stored.length : end);
    try {
      if (!own.isRetired) {
        await Promise.all([
          own.folder.fold(batches.flatMap(({ uncounted }) => uncounted)),
          messages?.set(batches.flatMap(({ unshown }) => unshown)),
        ]);
      }
    } catch (error) {
      if (!(error instanceof RetiredError)) {
        for (const batch of batches) for (const entry of batch.entries) entry?.reject(error);
        return;
      }
      // Whoever retired the writer counted the rows it saw; what came later is for verify() to find.
      own.isRetired = true;
      options.onRetired(own.id);
      if (identity === own) identity = undefined;
    } finally {
      uncountedBatches -= batches.filter(({ uncounted }) => uncounted.length > 0).length;
    }
    for (const batch of batches) settleBatch(batch);
  };

  const countAll = async (): Promise<void> => {
    for (;;) {
      const [next] = stored;
      const asked = retry;
      retry = undefined;
      if (next === undefined && asked === undefined) break;
      // oxlint-disable-next-line no-await-in-loop -- a user's guard moves step by step
      if (next !== undefined) await countStored(next.own);
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (asked !== undefined) await asked.folder.retryBehind(asked.users).then(asked.done, asked.failed);
    }
    counting = undefined;
  };

  const startCounting = (): void => {
    counting ??= Promise.resolve().then(countAll);
  };

  return {
    write(record, length) {
      return new Promise((resolve, reject) => {
        queue.push({ record, textLength: length, resolve, reject });
        // Records handed in within one turn of the event loop go into one batch.
        inserting ??= Promise.resolve().then(insertAll);
      });
    },
    async beat() {
      const own = identity;
      if (own === undefined) return;
      const held = options.heldBack();
      const settledN = held !== undefined && held <= own.settledN ? held - 1n : own.settledN;
      const leaseUntil = new Date(persistence.pace.now().getTime() + options.leaseMs);
      await database.updateWriter(own.id, { leaseUntil, settledN });
    },
    retryBehind(users) {
      const folder = identity?.folder;
      if (folder === undefined || retry !== undefined) return Promise.resolve();
      return new Promise((done, failed) => {
        retry = { folder, users, done, failed };
        startCounting();
      });
    },
    async idle() {
      // Each may start the other.
      // oxlint-disable-next-line no-unmodified-loop-condition -- the loops themselves clear them when they end
      while (inserting !== undefined || counting !== undefined) {
        // oxlint-disable-next-line no-await-in-loop -- see above
        await Promise.all([inserting, counting]);
      }
    },
    state: () =>
      identity === undefined ? undefined : { id: identity.id, lastN: identity.lastN, settledN: identity.settledN },
  };
}

function takeBatch(queue: Entry[], limits: Pick<BatchWriterOptions, 'maxBatchRows' | 'maxBatchText'>): Entry[] {
  let text = 0;
  let count = 0;
  for (const entry of queue) {
    text += entry.textLength;
    if (count > 0 && (count >= limits.maxBatchRows || text > limits.maxBatchText)) break;
    count += 1;
  }
  return queue.splice(0, count);
}
