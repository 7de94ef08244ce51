import type { UsageRecord } from './usage-record.ts';

/**
 * Gets each record after the store has it, for example to write logs or metrics. It never holds the store or a call up:
 * each sink has a bounded queue of its own.
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
   * Takes 1 to 500 records, in the order they were stored. Called again with the same records after a failure, so a sink
   * that must not repeat them tells them apart by `id`.
   */
  write(records: readonly UsageRecord[]): void | Promise<void>;
  /** Called by `meter.close()` after the last write. */
  close?(): void | Promise<void>;
}
