import type { MeterError } from '../../errors.ts';
import { createPause } from './pause.ts';
import type { RecordQueue } from './record-queue.ts';
import type { AppendOutcome, RecordTarget } from './record-target.ts';
import { sendBatch, storeFailed, waitBefore } from './send-batch.ts';
import type { UsageRecord } from '../usage-record.ts';

export interface StoreWriterParts {
  readonly queue: RecordQueue;
  readonly target: RecordTarget;
  readonly maxBatchRecords: number;
  readonly appendTimeoutMs: number;
  /**
   * Begins a batch of its own at each `write`, beside those under way: on workerd each belongs to the request that began
   * it, and dies with it.
   */
  readonly overlaps?: boolean;
  /** A batch has a definite outcome. */
  readonly settled: (batch: readonly UsageRecord[], outcome: AppendOutcome) => void;
  /** A batch has none yet and will be tried again. */
  readonly failed: (error: MeterError, failuresInRow: number) => void;
}

/** Moves records from the queue to the store, batch by batch, until each has a definite outcome. */
export interface StoreWriter {
  readonly isWriting: boolean;
  /** Sent and not answered yet. */
  readonly underway: readonly UsageRecord[];
  /** How many batches were sent again. */
  readonly retried: number;
  /** Begins now, or goes on now where a wait before the next try is under way. */
  write(): void;
  stop(): void;
}

/**
 * Builds the writer. A failed batch goes behind all others and the next one is half as large, so that one record that
 * makes the store throw ends up in a batch of its own and holds nobody up. After a success the batches grow again.
 */
export function createStoreWriter(parts: StoreWriterParts): StoreWriter {
  const { queue, target, maxBatchRecords, appendTimeoutMs } = parts;
  const pause = createPause();
  let runs = 0;
  const state = { isStopped: false };
  let batchSize = maxBatchRecords;
  let failuresInRow = 0;
  let retried = 0;
  const underway = new Set<readonly UsageRecord[]>();

  return {
    get isWriting() {
      return runs > 0;
    },
    get underway() {
      return [...underway].flat();
    },
    get retried() {
      return retried;
    },
    write() {
      if (runs === 0 || parts.overlaps === true) void run();
      else {
        pause.end();
        startBeside();
      }
    },
    stop() {
      state.isStopped = true;
      pause.end();
    },
  };

  /**
   * Begins a second batch beside the first while a full one waits: a store far away works in steps, and takes the next batch
   * up while it waits for the outcome of this one. Not while it fails, where two would only fail twice.
   */
  function startBeside(): void {
    if (runs === 1 && isFull() && parts.overlaps !== true) void run(true);
  }

  function isFull(): boolean {
    return failuresInRow === 0 && queue.size >= maxBatchRecords;
  }

  async function run(isBeside = false): Promise<void> {
    runs += 1;
    // Left alone, it goes on with whatever there is.
    while (isBeside && runs > 1 ? isFull() : queue.size > 0) {
      if (state.isStopped) break;
      const batch = queue.take(batchSize);
      underway.add(batch);
      startBeside();
      try {
        const outcome = await sendBatch(target, batch, appendTimeoutMs);
        underway.delete(batch);
        queue.release(batch);
        failuresInRow = 0;
        batchSize = Math.min(maxBatchRecords, batchSize * 2);
        parts.settled(batch, outcome);
      } catch (error) {
        underway.delete(batch);
        queue.putBack(batch);
        // What is left at the end was told of then, and is not sent again.
        if (state.isStopped) break;
        failuresInRow += 1;
        retried += 1;
        batchSize = Math.max(1, Math.floor(batch.length / 2));
        parts.failed(storeFailed(error, batch.length, failuresInRow), failuresInRow);
        if (!(isBeside && runs > 1)) await pause.wait(waitBefore(failuresInRow));
      }
    }
    runs -= 1;
  }
}
