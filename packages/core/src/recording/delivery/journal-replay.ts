import type { MeterError } from '../../errors.ts';
import type { Journal, ReplayedRecords } from '../journal/journal.ts';
import { createPause, letProcessEnd } from './pause.ts';
import type { AppendOutcome, RecordTarget } from './record-target.ts';
import { sendBatch, storeFailed, waitBefore } from './send-batch.ts';
import type { UsageRecord } from '../usage-record.ts';

export interface JournalReplayParts {
  readonly journal: Journal;
  readonly target: RecordTarget;
  readonly appendTimeoutMs: number;
  readonly settled: (records: readonly UsageRecord[], outcome: AppendOutcome) => void;
  readonly failed: (error: MeterError) => void;
}

/** Brings what other processes, or an earlier life of this one, left in the journal's folder into the store. */
export interface JournalReplay {
  /**
   * Resolves when all that is there now is in the store; waits for the run under way where there is one. False where the
   * store throws on some of it and takes the rest: that stays in the journal and is tried again.
   */
  run(): Promise<boolean>;
  /** Goes on now where a wait before the next try is under way. */
  wake(): void;
  stop(): void;
}

/** So often is the folder looked at for what died meanwhile. */
const lookEveryMs = 30_000;
/** So often in a row does the store throw on what is left of a portion before the others have their turn. */
const leastFailures = 3;

/** Begins right after the code that made it has run to its end. No timer of it keeps the process alive. */
export function createJournalReplay(parts: JournalReplayParts): JournalReplay {
  const pause = createPause();
  let underway: Promise<boolean> | undefined;
  const state = { isStopped: false };
  const first = setTimeout(() => void run(), 0);
  const next = setInterval(() => void run(), lookEveryMs);
  letProcessEnd(first);
  letProcessEnd(next);

  return {
    run,
    wake: pause.end,
    stop() {
      state.isStopped = true;
      clearTimeout(first);
      clearInterval(next);
      pause.end();
    },
  };

  function run(): Promise<boolean> {
    clearTimeout(first);
    underway ??= replayAll().finally(() => {
      underway = undefined;
    });
    return underway;
  }

  async function replayAll(): Promise<boolean> {
    let isAllStored = true;
    if (state.isStopped) return false;
    for await (const portion of parts.journal.replay()) {
      isAllStored = (await store(portion)) && isAllStored;
      if (state.isStopped) return false;
    }
    return isAllStored;
  }

  /**
   * Halves what fails, as the writer does, so that one record that makes the store throw holds no other up: not in its
   * portion, nor in those behind it.
   */
  async function store({ records, done }: ReplayedRecords): Promise<boolean> {
    let left = records;
    let size = records.length;
    let failuresInRow = 0;
    const failedAlone = new Set<UsageRecord>();
    while (!state.isStopped) {
      const batch = left.slice(0, size);
      const others = left.slice(batch.length);
      try {
        const outcome = await sendBatch(parts.target, batch, parts.appendTimeoutMs);
        left = others;
        size *= 2;
        failuresInRow = 0;
        failedAlone.clear();
        if (left.length === 0) done();
        parts.settled(batch, outcome);
        if (left.length === 0) return true;
      } catch (error) {
        if (state.isStopped) return false;
        left = [...others, ...batch];
        size = Math.max(1, Math.floor(batch.length / 2));
        failuresInRow += 1;
        parts.failed(storeFailed(error, batch.length, failuresInRow));
        for (const record of batch.length === 1 ? batch : []) failedAlone.add(record);
        if (failedAlone.size === left.length && failuresInRow >= leastFailures) return false;
        await pause.wait(waitBefore(failuresInRow));
      }
    }
    return false;
  }
}
