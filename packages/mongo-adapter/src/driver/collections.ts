import type { Collection, CollectionOptions, Db } from 'mongodb';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import type { CollectionNames } from '../options.ts';

/** A process that writes, as a document. */
export interface WriterDocument {
  readonly _id: string;
  /** Lease, settled number; when closed, retired, and cleaned of guard entries. */
  readonly l: Date;
  readonly s: bigint;
  readonly c?: Date;
  readonly r?: Date;
  readonly d?: Date;
}

/** Sums of one slot, or the state of the roll-ups. */
export interface RollupDocument {
  readonly _id: string;
  readonly [field: string]: unknown;
}

/** Handles of the collections. */
export interface Collections {
  readonly ledger: Collection<LedgerRow>;
  readonly writers: Collection<WriterDocument>;
  readonly rollups: Collection<RollupDocument>;
  readonly users: Collection;
  readonly messages: Collection;
}

/**
 * Handles whose guarantees do not depend on how the app set up its client: every write waits for a majority and the
 * journal, every read is a majority read from the primary, and 64-bit integers stay integers.
 */
export function openCollections(
  db: Db,
  names: Required<CollectionNames> & { readonly users: string; readonly messages: string },
): Collections {
  const options: CollectionOptions = {
    writeConcern: { w: 'majority', j: true },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    promoteValues: true,
    // Not `useBigInt64`: driver 7.9 then reads the version in an error of a stepped-down server as a bigint, and its
    // monitor throws where nobody can catch it.
    promoteLongs: false,
    useBigInt64: false,
    promoteBuffers: false,
    ignoreUndefined: true,
    serializeFunctions: false,
    raw: false,
  };
  return {
    ledger: db.collection(names.ledger, options),
    writers: db.collection(names.writers, options),
    rollups: db.collection(names.rollups, options),
    users: db.collection(names.users, options),
    messages: db.collection(names.messages, options),
  };
}
