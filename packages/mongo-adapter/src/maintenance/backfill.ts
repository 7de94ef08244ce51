import type { UsageRecord } from '@kilotoken/core';
import { isUnpriced, storableRecord } from '@kilotoken/core/store-kit';
import type { Document } from 'mongodb';
import { isDuplicateKey } from '../driver/server-errors.ts';
import type { Collections } from '../driver/collections.ts';
import { ledgerRow } from '../ledger/ledger-row.ts';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import { encodeText } from '../ledger/text.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import type { MessageLayout } from '../messages/message-fields.ts';
import { readUsage } from '../users/user-usage.ts';
import { rebuildUser } from './rebuild-user.ts';
import { figuresOf, guardsOf, sumUser, writersOfUser } from './user-ledger.ts';
import type { UserMapping } from './user-ledger.ts';

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
  /** Key of the last message, to go on from. */
  readonly lastMessage?: unknown;
}

const batchSize = 500;
const backfillWriter = 'backfill';

/**
 * Brings usage from before into the ledger: one row per message that shows tokens, and per user one opening balance for
 * what its totals have beyond that. Totals of users stay what they are; afterwards the ledger explains them. Ids follow
 * from the documents, so it can be broken off, repeated and run beside live traffic.
 */
export async function backfill(
  collections: Collections,
  users: UserMapping,
  messages: { readonly key: string; readonly layout: MessageLayout },
  options: BackfillOptions = {},
): Promise<BackfillProgress> {
  const { dryRun = false, onProgress = () => {} } = options;
  let progress: BackfillProgress = { messages: 0, rows: 0, users: 0, balances: 0 };
  if (!dryRun) await registerBackfill(collections);
  let nextN = await lastNumber(collections);

  const insert = async (records: readonly UsageRecord[]): Promise<number> => {
    const insertedAt = new Date();
    const rows = records.map((record) => {
      nextN += 1n;
      const marks = { isFirst: true, isFirstOfOrigin: true, isFirstUnpriced: isUnpriced(record), isRepeat: false };
      return ledgerRow(storableRecord(record), { writer: backfillWriter, n: nextN, insertedAt }, marks);
    });
    return dryRun ? countMissing(rows, collections) : insertMissing(rows, collections);
  };

  for await (const batch of messagesWithUsage(collections, messages, options.after)) {
    const known = await knownMessages(batch, messages.key, collections);
    const records = batch.flatMap((message) => messageRecord(message, messages, options, known));
    const rows = records.length === 0 ? 0 : await insert(records);
    const lastMessage: unknown = batch.at(-1)?.[messages.key];
    progress = { ...progress, messages: progress.messages + batch.length, rows: progress.rows + rows, lastMessage };
    onProgress(progress);
  }
  const total = users.layout.fields.totalTokens;
  if (total === false) return progress;
  for await (const document of collections.users.find({ [total]: { $exists: true } }).batchSize(batchSize)) {
    const userId = options.idOfUser === undefined ? String(document[users.key]) : options.idOfUser(document);
    if (userId === undefined) continue;
    const record = await openingBalance(userId, document, collections, users);
    const balances = record === undefined ? 0 : await insert([record]);
    if (!dryRun) await rebuildUser(encodeText(userId), collections, users);
    progress = { ...progress, users: progress.users + 1, balances: progress.balances + balances };
    if (progress.users % batchSize === 0) onProgress(progress);
  }
  onProgress(progress);
  return progress;
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

async function* messagesWithUsage(
  collections: Collections,
  { key, layout }: { readonly key: string; readonly layout: MessageLayout },
  after: unknown,
): AsyncGenerator<Document[]> {
  const fields = [layout.totalTokens, layout.inputTokens].filter((name) => name !== false);
  if (fields.length === 0) return;
  let batch: Document[] = [];
  const found = collections.messages
    .find({
      $or: fields.map((name) => ({ [name]: { $gt: 0 } })),
      ...(after === undefined ? {} : { [key]: { $gt: after } }),
    })
    .sort({ [key]: 1 })
    .batchSize(batchSize);
  for await (const message of found) {
    batch.push(message);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Messages of a batch that the meter has records of. */
async function knownMessages(batch: readonly Document[], key: string, { ledger }: Collections): Promise<Set<string>> {
  const ids = batch.map((message) => encodeText(String(message[key])));
  const rows = await ledger
    .find({ mid: { $in: ids } })
    .project<Pick<LedgerRow, 'mid'>>({ mid: 1 })
    .toArray();
  return new Set(rows.map(({ mid }) => mid ?? ''));
}

function messageRecord(
  message: Document,
  { key, layout }: { readonly key: string; readonly layout: MessageLayout },
  { userIdOf, startedAtOf, modelOf }: BackfillOptions,
  known: ReadonlySet<string>,
): UsageRecord[] {
  const messageId = String(message[key]);
  if (known.has(encodeText(messageId))) return [];
  const count = (name: string | false): number | undefined =>
    name === false || message[name] === undefined ? undefined : Number(wholeNumber(message[name]));
  const inputTokens = count(layout.inputTokens);
  const outputTokens = count(layout.outputTokens);
  const totalTokens = count(layout.totalTokens) ?? (inputTokens ?? 0) + (outputTokens ?? 0);
  const userId = userIdOf === undefined ? ownerOf(message) : userIdOf(message);
  const model: unknown = modelOf === undefined ? message['model'] : modelOf(message);
  return [
    oldRecord({
      id: `m:${messageId}`,
      startedAt: startedAtOf?.(message) ?? timeOf(message),
      tokens: {
        ...(inputTokens === undefined ? {} : { inputTokens }),
        ...(outputTokens === undefined ? {} : { outputTokens }),
        totalTokens,
      },
      attribution: { messageId, ...(userId === undefined ? {} : { userId }) },
      ...(typeof model === 'string' ? { responseModel: model } : {}),
    }),
  ];
}

/** Text, a number or an ObjectId, which prints itself. */
function ownerOf({ userId }: Document): string | undefined {
  return userId === undefined || userId === null ? undefined : String(userId);
}

/** What the totals of a user have beyond the ledger, as a correction; nothing where they agree. */
async function openingBalance(
  userId: string,
  document: Document,
  collections: Collections,
  users: UserMapping,
): Promise<UsageRecord | undefined> {
  const user = encodeText(userId);
  const guards = guardsOf(document, users);
  const writers = await writersOfUser(user, collections);
  const counted = new Map(
    writers.map(({ writer, lastN, isRetired }) => [writer, isRetired ? lastN : (guards.get(writer) ?? 0n)] as const),
  );
  const ledger = figuresOf(await sumUser(user, counted, collections));
  const shown = readUsage(document, { fields: users.layout.fields, guard: users.layout.guard });
  const rest = {
    inputTokens: Number(shown.inputTokens - ledger.inputTokens),
    outputTokens: Number(shown.outputTokens - ledger.outputTokens),
    totalTokens: Number(shown.totalTokens - ledger.totalTokens),
  };
  const picoUsd = Number(shown.picoUsd - ledger.picoUsd);
  if (Object.values({ ...rest, picoUsd }).every((value) => value === 0)) return undefined;
  return oldRecord({
    id: `b:${userId}`,
    kind: 'adjustment',
    startedAt: new Date(0),
    tokens: rest,
    cost: { picoUsd, basis: 'override' },
    attribution: { userId },
  });
}

function oldRecord(fields: Partial<UsageRecord> & Pick<UsageRecord, 'id' | 'startedAt' | 'tokens'>): UsageRecord {
  return {
    v: 1,
    kind: 'usage',
    callId: fields.id,
    attempt: 1,
    endedAt: fields.startedAt,
    provider: 'unknown',
    operation: 'chat',
    streamed: false,
    outcome: 'completed',
    origin: 'recovered',
    // What it cost is not known any more; a correction can say it later.
    cost: { basis: 'unpriced' },
    attribution: {},
    ...fields,
  };
}

function timeOf(message: Document): Date {
  const { createdAt, _id: id } = message as { createdAt?: unknown; _id?: { getTimestamp?: () => Date } };
  if (createdAt instanceof Date) return createdAt;
  return typeof id?.getTimestamp === 'function' ? id.getTimestamp() : new Date(0);
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
