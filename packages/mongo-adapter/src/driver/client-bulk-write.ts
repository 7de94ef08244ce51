import type { Db, Document, WriteConcern } from 'mongodb';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import type { BatchResult } from '../fold/usage-database.ts';
import { batchProblem, isTakenId } from './server-errors.ts';
import type { ServerKind } from './server-kind.ts';

/** Updates of documents of the app, each with the encoded id its outcome is told by. */
export type Updates = readonly {
  readonly id: string;
  readonly update: { readonly filter: Document; readonly update: Document; readonly upsert?: boolean };
}[];

/** One batch: what is inserted first, what is updated then. */
export interface BulkBatch {
  readonly rows: { readonly collection: string; readonly documents: readonly LedgerRow[] };
  readonly users: { readonly collection: string; readonly updates: Updates };
  readonly messages: { readonly collection: string; readonly updates: Updates };
}

/** The command `bulkWrite` of MongoDB 8, which writes to several collections in one go. */
export interface ClientBulkWrite {
  /** True on a server of its own or a replica set that has the command, with a driver that has it. */
  isAvailable(): Promise<boolean>;
  /** Sends a batch, in order, up to the first failure. Rejects where the outcome is unknown. */
  store(batch: BulkBatch): Promise<BatchResult>;
}

/** First wire version with the command: MongoDB 8.0. */
const firstWireVersion = 25;

/** By shape: drivers before 6.10 have no such method, and types of their own. */
interface BulkWriter {
  bulkWrite(
    models: readonly Document[],
    options: { ordered: true; verboseResults: true; writeConcern: Partial<WriteConcern>; promoteValues: true },
  ): Promise<BulkResult>;
}

interface BulkResult {
  readonly updateResults?: ReadonlyMap<number, { readonly matchedCount: number; readonly didUpsert?: boolean }>;
}

/** Makes it for the client that a database came from. */
export function clientBulkWrite(db: Db, kind: () => Promise<ServerKind>): ClientBulkWrite {
  const client: unknown = Reflect.get(db, 'client');

  return {
    async isAvailable() {
      if (!isBulkWriter(client)) return false;
      // Through a mongos the users may be on another shard than the ledger. There a failover can lose a row and keep the
      // user it was counted on, unless the row was safe before the user was touched.
      const { isOneLog, wireVersion } = await kind();
      return isOneLog && wireVersion >= firstWireVersion;
    },
    async store({ rows, users, messages }) {
      if (!isBulkWriter(client)) throw new Error('the driver has no bulkWrite on its client');
      const operations = [
        ...rows.documents.map((document) => ({ name: 'insertOne', namespace: namespaceOf(rows, db), document })),
        ...[users, messages].flatMap((each) =>
          each.updates.map(({ update }) => ({ name: 'updateOne', namespace: namespaceOf(each, db), ...update })),
        ),
      ];
      const firstUser = rows.documents.length;
      const firstMessage = firstUser + users.updates.length;
      const resultOf = (result: BulkResult): BatchResult => ({
        isComplete: true,
        refused: [],
        counted: found(result, firstUser, users.updates),
        shown: found(result, firstMessage, messages.updates),
      });
      try {
        return resultOf(
          await client.bulkWrite(operations, {
            ordered: true,
            verboseResults: true,
            writeConcern: { w: 'majority', journal: true },
            // Whatever the app asked its client for: the results are numbers.
            promoteValues: true,
          }),
        );
      } catch (error) {
        const problem = batchProblem(error);
        if (problem === undefined) throw error;
        const { index, message, result } = problem;
        const row = rows.documents[index];
        // All rows are there, and some of the updates are done.
        if (row === undefined) return resultOf(result as BulkResult);
        const refused = isTakenId(problem) ? [] : [{ id: row._id, error: new Error(message) }];
        return { isComplete: false, refused, counted: new Set(), shown: new Set() };
      }
    },
  };
}

function namespaceOf({ collection }: { readonly collection: string }, db: Db): string {
  return `${db.databaseName}.${collection}`;
}

/** Ids of the updates, from one place of the command on, that found their document. */
function found({ updateResults }: BulkResult, from: number, updates: Updates): Set<string> {
  const hits = updates.filter((_, index) => {
    const result = updateResults?.get(from + index);
    return result !== undefined && (result.matchedCount > 0 || result.didUpsert === true);
  });
  return new Set(hits.map(({ id }) => id));
}

function isBulkWriter(client: unknown): client is BulkWriter {
  return typeof client === 'object' && client !== null && typeof Reflect.get(client, 'bulkWrite') === 'function';
}
