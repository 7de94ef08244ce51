import { MeterError } from '../../errors.ts';
import { definiteOutcome } from './definite-outcome.ts';
import { letProcessEnd } from './pause.ts';
import type { AppendOutcome, RecordTarget } from './record-target.ts';
import type { UsageRecord } from '../usage-record.ts';

const firstWaitMs = 50;
const maxWaitMs = 30_000;

/**
 * One try to have the store take a batch. An answer that comes after the time-out does no harm: the batch is sent again, and
 * stores are idempotent by id.
 *
 * @throws what the store throws, and an Error where it is late or its answer says nothing definite.
 */
export async function sendBatch(
  target: RecordTarget,
  batch: readonly UsageRecord[],
  timeoutMs: number,
): Promise<AppendOutcome> {
  let timer: unknown;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the store did not answer within ${timeoutMs} ms`)), timeoutMs);
    // Whoever waits for the store keeps the process alive, for as long as they wait.
    letProcessEnd(timer);
  });
  try {
    return definiteOutcome(await Promise.race([target.append(batch), late]), batch);
  } finally {
    clearTimeout(timer as number);
  }
}

/** 50 ms, 100 ms, ... up to 30 s, each up to a fifth shorter so that processes do not try in step. */
export function waitBefore(failuresInRow: number): number {
  return Math.min(maxWaitMs, firstWaitMs * 2 ** (failuresInRow - 1)) * (1 - Math.random() / 5);
}

export function storeFailed(cause: unknown, count: number, attempt: number): MeterError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MeterError(
    'store_failed',
    `the store did not accept ${count} ${count === 1 ? 'record' : 'records'}; they stay queued and will be sent again (attempt ${attempt} failed): ${reason}`,
    { cause },
  );
}
