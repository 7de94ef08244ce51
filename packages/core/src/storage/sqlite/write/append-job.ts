import type { UsageRecord } from '../../../recording/usage-record.ts';
import type { AppendResult } from '../../usage-store.ts';

/** One batch on its way into the file, and how far it is. */
export interface AppendJob {
  readonly records: readonly UsageRecord[];
  readonly rejected: { readonly id: string; readonly error: Error }[];
  next: number;
  inserted: number;
  duplicates: number;
  resolve(result: AppendResult): void;
  reject(error: unknown): void;
}

export function jobResult({ inserted, duplicates, rejected }: AppendJob): AppendResult {
  return rejected.length === 0 ? { inserted, duplicates } : { inserted, duplicates, rejected };
}
