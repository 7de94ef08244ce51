import type { Db } from 'mongodb';
import { valueAtPath } from '../documents/value-at-path.ts';
import type { MessageSums, Refusal, UsageDatabase, UserFold } from '../fold/usage-database.ts';
import type { Sibling } from '../ledger/call-marks.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { documentFilter, documentKeys, documentsFilter } from './app-documents.ts';
import type { DocumentMapping } from './app-documents.ts';
import { checkCollectionKinds } from './check-collection-kinds.ts';
import { clientBulkWrite } from './client-bulk-write.ts';
import type { Updates } from './client-bulk-write.ts';
import type { Collections, WriterDocument } from './collections.ts';
import { withDeadline } from './deadline.ts';
import { documentUpdates, updateEach } from './document-updates.ts';
import {
  firstMessageUpdate,
  foldUpdate,
  isNothing,
  messageUpdate,
  shownFields,
  showsNothing,
} from './guarded-updates.ts';
import type { MessageTarget, UserTarget } from './guarded-updates.ts';
import { serverKind } from './server-kind.ts';
import { storedRow } from './stored-row.ts';
import { firstMessageTables, userTables } from './table-updates.ts';
import { readStoredTokens, tokenGroup } from './token-group.ts';
import { isDuplicateKey, isTakenId, writeProblems } from './server-errors.ts';
import { writerDocument, writerState } from './writer-document.ts';

/** What the commands need to know of the app's documents. */
export interface MongoDatabaseOptions {
  readonly db: Db;
  readonly collections: Collections;
  readonly users: DocumentMapping & UserTarget & { readonly isUsed: boolean };
  readonly messages: DocumentMapping & MessageTarget & { readonly isUsed: boolean };
  /** How long a command may take before its outcome counts as unknown. */
  readonly commandTimeoutMs: number;
}

/** The protocol's commands on the MongoDB driver. */
export function mongoDatabase(options: MongoDatabaseOptions): UsageDatabase {
  const { collections, users, messages, commandTimeoutMs } = options;
  const { ledger, writers } = collections;
  const guard = users.layout.guard;
  const run = <T>(what: string, command: () => Promise<T>): Promise<T> => withDeadline(what, commandTimeoutMs, command);
  const kind = serverKind(options.db);
  const batches = clientBulkWrite(options.db, kind);
  const updates = documentUpdates(kind);
  const foldOperations = (folds: readonly UserFold[]): Updates =>
    folds.flatMap((fold) => {
      const filter = documentFilter(fold.user, users);
      return filter === undefined ? [] : [{ id: fold.user, update: foldUpdate(fold, filter, users) }];
    });
  const messageOperations = (sums: readonly MessageSums[], updateOf: typeof messageUpdate): Updates =>
    sums.flatMap((sum) => {
      const filter = documentFilter(sum.message, messages);
      return filter === undefined ? [] : [{ id: sum.message, update: updateOf(sum, filter, messages) }];
    });

  return {
    canStoreBatches: () => run('ask what the server can', () => batches.isAvailable()),
    storeBatch: ({ rows, folds, messages: sums }) =>
      run('store a batch', () =>
        batches.store({
          rows: { collection: ledger.collectionName, documents: rows },
          users: {
            collection: collections.users.collectionName,
            updates: foldOperations(folds),
          },
          messages: {
            collection: collections.messages.collectionName,
            updates: messageOperations(sums, firstMessageUpdate),
          },
        }),
      ),
    insertRows: (rows) =>
      run('insert into the ledger', async () => {
        try {
          await ledger.insertMany([...rows], { ordered: true });
          return { isComplete: true, refused: [] };
        } catch (error) {
          const problems = writeProblems(error, 'insert');
          if (problems === undefined) throw error;
          const refused = problems.flatMap((problem): Refusal[] => {
            const row = rows[problem.index];
            return row === undefined || isTakenId(problem) ? [] : [{ id: row._id, error: new Error(problem.message) }];
          });
          return { isComplete: false, refused };
        }
      }),
    rowsById: (ids) =>
      run('find rows', () =>
        ledger
          .find({ _id: { $in: [...ids] } })
          .map(storedRow)
          .toArray(),
      ),
    rowsOfWriter: ({ writer, after, upTo, user, limit = 0 }) =>
      run('find rows of a writer', () =>
        ledger
          .find({
            w: writer,
            n: upTo === undefined ? { $gt: after } : { $gt: after, $lte: upTo },
            ...(user === undefined ? {} : { u: user }),
          })
          .sort({ n: 1 })
          .limit(limit)
          .map(storedRow)
          .toArray(),
      ),
    siblings: (calls) =>
      run('find earlier records of calls', () =>
        ledger
          .find({ cid: { $in: [...calls] } })
          .project<Sibling>({
            cid: 1,
            u: 1,
            o: 1,
            x: 1,
          })
          .toArray(),
      ),
    foldUsers: (folds) =>
      run('count on users', () =>
        updates.run(collections.users, folds, (each) => userTables(each, users), foldOperations),
      ),
    guards: (userIds, writer) =>
      run('read guards', async () => {
        const { idOf } = documentKeys(userIds, users);
        const found = await collections.users
          .find(documentsFilter(userIds, users), { projection: { [users.key]: 1, [`${guard}.w.${writer}`]: 1 } })
          .toArray();
        return new Map(
          found.flatMap((document) => {
            const user = idOf(valueAtPath(document, users.key));
            const entry = valueAtPath(document, `${guard}.w.${writer}`);
            return user === undefined ? [] : [[user, entry === undefined ? undefined : wholeNumber(entry)] as const];
          }),
        );
      }),
    messageSums: (ids) =>
      run('sum messages', async () => {
        const groups = await ledger
          .aggregate([
            { $match: { mid: { $in: [...ids] } } },
            { $group: { _id: '$mid', n: { $sum: 1 }, c: { $sum: '$c' }, ...tokenGroup } },
          ])
          .toArray();
        return groups.map((group): MessageSums => ({
          message: String(group['_id']),
          records: wholeNumber(group['n']),
          tokens: readStoredTokens(group),
          picoUsd: wholeNumber(group['c']),
        }));
      }),
    setFirstMessages: (sums) =>
      run('set messages', () =>
        updates.run(
          collections.messages,
          sums,
          (each) => firstMessageTables(each, messages, showsNothing(messages)),
          (each) => messageOperations(each, firstMessageUpdate),
        ),
      ),
    setMessages: (sums) =>
      run('set messages', () => updateEach(collections.messages, messageOperations(sums, messageUpdate))),
    messageStates: (ids) =>
      run('read messages', async () => {
        const { idOf } = documentKeys(ids, messages);
        const path = `${messages.guard}.n`;
        const fields = shownFields(messages);
        const found = await collections.messages
          .find(documentsFilter(ids, messages), {
            projection: Object.fromEntries([messages.key, path, ...fields].map((name) => [name, 1])),
          })
          .toArray();
        return new Map(
          found.flatMap((document) => {
            const message = idOf(valueAtPath(document, messages.key));
            if (message === undefined) return [];
            const isShowing = [...fields, path].some((field) => !isNothing(valueAtPath(document, field)));
            return [[message, { isShowing, records: wholeNumber(valueAtPath(document, path)) }] as const];
          }),
        );
      }),
    addWriter: async (state) => {
      await run('look at the collections', () => checkCollectionKinds(options));
      return run('register a writer', async () => {
        try {
          await writers.insertOne(writerDocument(state));
          return true;
        } catch (error) {
          if (isDuplicateKey(error)) return false;
          throw error;
        }
      });
    },
    updateWriter: (id, change) =>
      run('update a writer', async () => {
        const { _id, ...fields } = {
          _id: id,
          l: change.leaseUntil,
          s: change.settledN,
          c: change.closedAt,
          r: change.retiredAt,
          d: change.cleanedAt,
        };
        await writers.updateOne({ _id }, { $set: fields as Partial<WriterDocument> });
      }),
    writer: (id) =>
      run('read a writer', async () => {
        const found = await writers.findOne({ _id: id });
        return found === null ? undefined : writerState(found);
      }),
    activeWriters: () =>
      run('read writers', async () =>
        // None is cleaned that was not retired, and by both the index finds it.
        (await writers.find({ d: { $exists: false }, r: { $exists: false } }).toArray()).map(writerState),
      ),
    uncleanWriters: () =>
      run('read writers', async () =>
        (await writers.find({ r: { $exists: true }, d: { $exists: false } }).toArray()).map(writerState),
      ),
    lastRowsOfUsers: (writer) =>
      run('find users of a writer', async () => {
        const groups = await ledger
          .aggregate([{ $match: { w: writer, u: { $exists: true } } }, { $group: { _id: '$u', n: { $max: '$n' } } }])
          .toArray();
        return new Map(groups.map((group) => [String(group['_id']), wholeNumber(group['n'])] as const));
      }),
    dropGuards: (userIds, writer) =>
      run('clean guards', async () => {
        const { keys } = documentKeys(userIds, users);
        const path = `${guard}.w.${writer}`;
        await collections.users.updateMany(
          { [users.key]: { $in: keys }, [path]: { $exists: true } },
          { $unset: { [path]: '' } },
        );
      }),
  };
}
