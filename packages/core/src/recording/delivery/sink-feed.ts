import { MeterError } from '../../errors.ts';
import { within } from '../../within.ts';
import { createPause } from './pause.ts';
import type { UsageSink } from '../record-sink.ts';
import type { UsageRecord } from '../usage-record.ts';

/** Feeds one sink from a bounded queue of its own. */
export interface SinkFeed {
  push(records: readonly UsageRecord[]): void;
  /** Resolves when all is written, given up or the deadline is there. */
  drain(timeoutMs: number): Promise<void>;
  close(timeoutMs: number): Promise<void>;
}

const maxQueuedRecords = 10_000;
const maxBatchRecords = 500;
const attempts = 5;
const firstWaitMs = 100;

export function createSinkFeed(
  sink: UsageSink,
  defaultName: string,
  onError: (error: MeterError, record?: UsageRecord) => void,
): SinkFeed {
  const name = sink.name ?? defaultName;
  const pause = createPause();
  let queue: UsageRecord[] = [];
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, maxBatchRecords);
      queue = queue.slice(maxBatchRecords);
      await writeBatch(batch);
    }
    writing = undefined;
  }

  async function writeBatch(batch: readonly UsageRecord[]): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      try {
        await sink.write(batch);
        return;
      } catch (cause) {
        if (attempt === attempts) giveUp(batch, cause);
        else await pause.wait(firstWaitMs * 2 ** (attempt - 1));
      }
    }
  }

  function giveUp(batch: readonly UsageRecord[], cause: unknown): void {
    const message = `sink "${name}" failed ${attempts} times to write ${batch.length} records; it will not receive them, but the store has them`;
    onError(new MeterError('sink_failed', message, { cause }));
  }

  const feed: SinkFeed = {
    push(records) {
      const room = maxQueuedRecords - queue.length;
      queue.push(...records.slice(0, room));
      if (records.length > room) {
        const message = `sink "${name}" is too slow: ${records.length - room} records were not passed to it, but the store has them`;
        onError(new MeterError('sink_failed', message));
      }
      writing ??= Promise.resolve().then(write);
    },
    async drain(timeoutMs) {
      pause.end();
      if (writing !== undefined) await within(timeoutMs, writing);
    },
    async close(timeoutMs) {
      await feed.drain(timeoutMs);
      try {
        await within(timeoutMs, Promise.resolve(sink.close?.()));
      } catch (cause) {
        onError(new MeterError('sink_failed', `sink "${name}" did not close`, { cause }));
      }
    },
  };
  return feed;
}
