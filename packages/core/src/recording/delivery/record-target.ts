import type { UsageRecord } from '../usage-record.ts';

/** What the recorder needs of a store; `UsageStore` has it. */
export interface RecordTarget {
  /** Resolves when the records are durable and counted. Idempotent by id. */
  append(records: readonly UsageRecord[]): Promise<AppendOutcome>;
}

/** See `AppendResult` of the store contract. */
export interface AppendOutcome {
  readonly inserted: number;
  readonly duplicates: number;
  readonly rejected?: readonly { readonly id: string; readonly error: Error }[];
}
