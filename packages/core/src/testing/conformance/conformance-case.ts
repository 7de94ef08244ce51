import type { UsageRecord } from '../../recording/usage-record.ts';
import type { RecordsQuery, UsageStore } from '../../storage/usage-store.ts';

/** Makes a fresh, empty store that shares no data with any other. */
export type CreateStore = () => UsageStore | Promise<UsageStore>;

/** What a case may need beside a fresh store. */
export interface ConformanceOptions {
  /**
   * Opens one more store on the data of the store `createStore` made last. Cases about `capabilities` need it and check
   * nothing without it.
   */
  readonly openAgain?: CreateStore;
}

/** One fact about a store; `run` rejects with an `AssertionError` where it does not hold. */
export interface UsageStoreCase {
  /** The fact, as a sentence. */
  readonly name: string;
  /** Takes a fresh, empty store, or makes one, checks the fact and closes the store. */
  run(store: UsageStore | CreateStore, options?: ConformanceOptions): Promise<void>;
}

/** A case on one fresh store, which is closed afterwards. */
export function storeCase(
  name: string,
  check: (store: UsageStore, options: ConformanceOptions) => Promise<void>,
): UsageStoreCase {
  return {
    name,
    async run(given, options = {}) {
      const store = typeof given === 'function' ? await given() : given;
      try {
        await check(store, options);
      } finally {
        await store.close();
      }
    },
  };
}

/** All records of a query. */
export async function readAll(
  store: UsageStore,
  query: RecordsQuery = {},
): Promise<(UsageRecord & { readonly cursor: string })[]> {
  const found = [];
  for await (const record of store.records(query)) found.push(record);
  return found;
}

/** The ids of all records of a query, in their order. */
export async function readIds(store: UsageStore, query: RecordsQuery = {}): Promise<string[]> {
  return (await readAll(store, query)).map(({ id }) => id);
}

/** The records without their cursors. */
export function withoutCursors(records: readonly (UsageRecord & { readonly cursor: string })[]): UsageRecord[] {
  return records.map(({ cursor: _, ...record }) => record);
}
