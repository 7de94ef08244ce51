import { isMeterError, MeterError } from '@kilotoken/core';
import { isUnpriced, storableRecord } from '@kilotoken/core/store-kit';
import type { StorableRecord } from '@kilotoken/core/store-kit';
import { valueAtPath } from '../documents/value-at-path.ts';
import { isDocumentRefused, isDuplicateKey } from '../driver/server-errors.ts';
import type { Collections } from '../driver/collections.ts';
import { ledgerRow } from '../ledger/ledger-row.ts';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import { decodeText, encodeText } from '../ledger/text.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import type { MessageLayout } from '../messages/message-fields.ts';
import type { BackfillOptions, BackfillProgress } from './backfill-options.ts';
import { messageRecord } from './message-record.ts';
import { knownMessages, messagesWithUsage } from './old-messages.ts';
import { openingBalance } from './opening-balance.ts';
import { rebuildUser } from './rebuild-user.ts';
import { findUser } from './user-ledger.ts';
import type { UserMapping } from './user-ledger.ts';

const batchSize = 500;
/** The writer of all rows that were made of what documents showed. */
export const backfillWriter = 'backfill';

/**
 * Brings usage from before into the ledger: one row per message that shows tokens, and per user one opening balance for
 * what its totals have beyond that. Totals of users stay what they are; afterwards the ledger explains them. Ids follow
 * from the documents, so it can be broken off, repeated and run beside live traffic.
 */
export async function backfill(
  collections: Collections,
  users: UserMapping,
  messages: { readonly key: string; readonly layout: MessageLayout },
  { onError, ...options }: BackfillOptions & { readonly onError: (error: Error) => void },
): Promise<BackfillProgress> {
  const { dryRun = false, onProgress = () => {} } = options;
  let progress: BackfillProgress = { messages: 0, rows: 0, users: 0, balances: 0, skipped: 0 };
  if (!dryRun) await registerBackfill(collections);
  let nextN = await lastNumber(collections);

  const skip = (what: string, error: Error): void => {
    progress = { ...progress, skipped: progress.skipped + 1 };
    const code = isMeterError(error) ? 'record_rejected' : 'store_failed';
    onError(new MeterError(code, `mongoStore: backfill skipped ${what}: ${error.message}`, { cause: error }));
  };
  const settle = async (user: string): Promise<void> => {
    try {
      await rebuildUser(user, collections, users);
    } catch (error) {
      if (!isDocumentRefused(error)) throw error;
      const { message } = error as Error;
      skip(
        `user "${decodeText(user)}"`,
        new Error(`${message}; correct the document or its validator, then run the backfill again`, { cause: error }),
      );
    }
  };
  const insert = async (records: readonly StorableRecord[]): Promise<number> => {
    const insertedAt = new Date();
    const rows = records.map((record) => {
      nextN += 1n;
      const isFirstUnpriced = isUnpriced(record.fields);
      const marks = { isFirst: true, isFirstOfOrigin: true, isFirstUnpriced, isRepeat: false };
      return ledgerRow(record, { writer: backfillWriter, n: nextN, insertedAt }, marks);
    });
    if (rows.length === 0) return 0;
    return dryRun ? countMissing(rows, collections) : insertMissing(rows, collections);
  };

  for await (const batch of messagesWithUsage(collections, messages, options.after)) {
    const known = await knownMessages(batch, messages.key, collections);
    const records = batch.flatMap((message) => {
      const id = valueAtPath(message, messages.key);
      try {
        checkText(id, 'its id is not a string');
        return messageRecord(message, messages, options, known).map(storableRecord);
      } catch (error) {
        if (!isMeterError(error)) throw error;
        skip(`message "${String(id)}"`, error);
        return [];
      }
    });
    const rows = await insert(records);
    const lastMessage = valueAtPath(batch.at(-1), messages.key);
    progress = { ...progress, messages: progress.messages + batch.length, rows: progress.rows + rows, lastMessage };
    onProgress(progress);
  }
  const total = users.layout.fields.totalTokens;
  if (total === false) return progress;
  for await (const document of collections.users.find({ [total]: { $exists: true } }).batchSize(batchSize)) {
    const id = valueAtPath(document, users.key);
    const userId = options.idOfUser === undefined ? String(id) : options.idOfUser(document);
    if (userId === undefined) continue;
    progress = { ...progress, users: progress.users + 1 };
    let balance: StorableRecord | undefined;
    try {
      if (options.idOfUser === undefined) checkText(id, 'its id is not a string; pass idOfUser');
      const record = await openingBalance(userId, document, collections, users);
      balance = record === undefined ? undefined : storableRecord(record);
    } catch (error) {
      if (!isMeterError(error)) throw error;
      skip(`user "${userId}"`, error);
      continue;
    }
    const balances = await insert(balance === undefined ? [] : [balance]);
    if (!dryRun) await settle(encodeText(userId));
    progress = { ...progress, balances: progress.balances + balances };
    if (progress.users % batchSize === 0) onProgress(progress);
  }
  if (!dryRun) await startTotals(total, collections, users, settle);
  onProgress(progress);
  return progress;
}

/** Users that showed no total: what their messages showed is theirs from now on. */
async function startTotals(
  total: string,
  collections: Collections,
  users: UserMapping,
  settle: (user: string) => Promise<void>,
): Promise<void> {
  const owners = collections.ledger.aggregate<{ _id: string }>(
    [{ $match: { w: backfillWriter, u: { $exists: true } } }, { $group: { _id: '$u' } }],
    { allowDiskUse: true },
  );
  for await (const { _id: user } of owners) {
    const document = await findUser(user, collections, users);
    if (document !== undefined && valueAtPath(document, total) === undefined) await settle(user);
  }
}

/** Objects print themselves all alike: their text is no id. */
function checkText(id: unknown, problem: string): void {
  // oxlint-disable-next-line typescript/no-base-to-string -- the very text is asked for
  if (String(id) === '[object Object]') throw new MeterError('record_rejected', problem);
}

/** Its rows are never recovered: the totals have them already. So its writer is retired from the start. */
async function registerBackfill({ writers }: Collections): Promise<void> {
  const now = new Date();
  try {
    await writers.insertOne({ _id: backfillWriter, l: now, s: 0n, c: now, r: now, d: now });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

async function lastNumber({ ledger }: Collections): Promise<bigint> {
  const last = await ledger.findOne({ w: backfillWriter }, { sort: { n: -1 }, projection: { n: 1 } });
  return wholeNumber(last?.n);
}

async function countMissing(rows: readonly LedgerRow[], { ledger }: Collections): Promise<number> {
  return rows.length - (await ledger.countDocuments({ _id: { $in: rows.map(({ _id }) => _id) } }));
}

async function insertMissing(rows: readonly LedgerRow[], { ledger }: Collections): Promise<number> {
  try {
    return (await ledger.insertMany([...rows], { ordered: false })).insertedCount;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const inserted: unknown = Reflect.get(Object(error), 'insertedCount');
    return typeof inserted === 'number' ? inserted : 0;
  }
}
