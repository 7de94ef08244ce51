import type { UsageRecord } from './usage-record.ts';

/**
 * Receives each record after the store has it, for example to write logs or metrics. A sink never delays the store or a call:
 * each has its own bounded queue.
 *
 * @example
 * ```ts
 * const audit: UsageSink = { name: 'audit', write: (records) => auditLog.append(records) };
 * const meter = createMeter({ store, sinks: [audit] });
 * ```
 */
export interface UsageSink {
  /** Named in errors. Default `sink 1`, `sink 2`, ... by position. */
  readonly name?: string;
  /**
   * Receives 1 to 500 records, in the order in which they were stored. After a failure it is called again with the same records; a
   * sink that must not repeat records can recognize them by `id`.
   */
  write(records: readonly UsageRecord[]): void | Promise<void>;
  /** Called by `meter.close()` after the last write. */
  close?(): void | Promise<void>;
}
