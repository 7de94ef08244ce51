import { MeterError } from '../../errors.ts';
import type { JournalReplay } from './journal-replay.ts';
import { within } from '../../within.ts';
import type { UnsettledRecords } from './unsettled-records.ts';

/** What {@link settleAll} needs of the recorder. */
export interface SettleParts {
  readonly unsettled: UnsettledRecords;
  readonly replay: JournalReplay | undefined;
  /** Whoever is in it is told of each failure of the store. */
  readonly failures: Set<(error: MeterError) => void>;
  /** Tries now what waits for its next try. */
  readonly retryNow: () => void;
}

const retryMs = 100;

/**
 * Resolves when all that is on its way now, and all that is in the journal, is in the store or refused for good.
 *
 * @param attempts - So often may the store fail meanwhile.
 * @throws {@link MeterError} `store_failed` where it did not take everything.
 */
export async function settleAll(
  { unsettled, replay, failures, retryNow }: SettleParts,
  timeoutMs: number,
  attempts: number,
): Promise<void> {
  const mark = unsettled.mark();
  let tell: ((error: MeterError) => void) | undefined;
  const failing = new Promise<never>((_, reject) => {
    let count = 0;
    tell = (error) => {
      count += 1;
      if (count >= attempts) reject(error);
      else setTimeout(retryNow, retryMs);
    };
    failures.add(tell);
  });
  try {
    retryNow();
    const [, isReplayed] = await Promise.race([
      Promise.all([within(timeoutMs, mark.reached), replay === undefined || replayed(replay, timeoutMs)]),
      failing,
    ]);
    const pending = mark.pending();
    if (pending > 0 || !isReplayed) throw new MeterError('store_failed', notTaken(pending, timeoutMs));
  } finally {
    mark.leave();
    if (tell !== undefined) failures.delete(tell);
  }
}

async function replayed(replay: JournalReplay, timeoutMs: number): Promise<boolean> {
  const run = replay.run();
  return (await within(timeoutMs, run)) && run;
}

function notTaken(pending: number, timeoutMs: number): string {
  return `the store did not accept ${pending === 0 ? 'the records of the journal' : `${pending} ${pending === 1 ? 'record' : 'records'}`} within ${timeoutMs} ms; the meter keeps trying`;
}
