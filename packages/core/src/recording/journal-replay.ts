import type { MeterError } from '../errors.ts';
import type { Journal, ReplayedRecords } from './journal.ts';
import { createPause, letProcessEnd } from './pause.ts';
import type { AppendOutcome, RecordTarget } from './store-writer.ts';
import { storeFailed, waitBefore, withTimeout } from './store-writer.ts';
import type { UsageRecord } from './usage-record.ts';

export interface JournalReplayParts {
  readonly journal: Journal;
  readonly target: RecordTarget;
  readonly appendTimeoutMs: number;
  readonly settled: (records: readonly UsageRecord[], outcome: AppendOutcome) => void;
  readonly failed: (error: MeterError) => void;
}

/** Brings what other processes, or an earlier life of this one, left in the journal's folder into the store. */
export interface JournalReplay {
  /** Resolves when all that is there now is in the store; waits for the run under way where there is one. */
  run(): Promise<void>;
  /** Goes on now where a wait before the next try is under way. */
  wake(): void;
  stop(): void;
}

/** So often is the folder looked at for what died meanwhile. */
const lookEveryMs = 30_000;

/** Begins right after the code that made it has run to its end. No timer of it keeps the process alive. */
export function createJournalReplay(parts: JournalReplayParts): JournalReplay {
  const pause = createPause();
  let underway: Promise<void> | undefined;
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

  function run(): Promise<void> {
    clearTimeout(first);
    underway ??= replayAll().finally(() => {
      underway = undefined;
    });
    return underway;
  }

  async function replayAll(): Promise<void> {
    if (state.isStopped) return;
    for await (const portion of parts.journal.replay()) {
      await store(portion);
      if (state.isStopped) return;
    }
  }

  async function store({ records, done }: ReplayedRecords): Promise<void> {
    for (let attempt = 1; !state.isStopped; attempt += 1) {
      try {
        const outcome = await withTimeout(parts.target, records, parts.appendTimeoutMs, false);
        done();
        parts.settled(records, outcome);
        return;
      } catch (error) {
        parts.failed(storeFailed(error, records.length, attempt));
        await pause.wait(waitBefore(attempt), false);
      }
    }
  }
}
