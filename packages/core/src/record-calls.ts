import type { LateHints } from './attribution/attribute.ts';
import type { Attribution } from './attribution/attribution.ts';
import type { TurnLedger } from './attribution/turn-ledger.ts';
import type { Attempt, AttemptListener, BatchLine } from './capture/attempt.ts';
import type { AnswerReading } from './normalize/answer-reader.ts';
import { createOpenObjects } from './recording/open-objects.ts';
import type { RequestPromises } from './recording/request-promises.ts';
import type { UsageRecord } from './recording/usage-record.ts';

type ReadAttempt = Attempt<AnswerReading>;

/** Whose an attempt is. */
export interface AttemptOwner {
  /** Found out from its turn and its request; `late` is what only the answer says. */
  attribution(late?: LateHints): Attribution;
  readonly ledger: TurnLedger<UsageRecord> | undefined;
}

/** What {@link recordCalls} needs of the meter. */
export interface CallRecordingParts {
  /** Asked once per attempt, when it starts. */
  readonly ownerOf: (attempt: ReadAttempt) => AttemptOwner;
  /** Makes a record and hands it on. Does not throw; `undefined` where that failed. */
  readonly record: (attempt: ReadAttempt, attribution: Attribution) => UsageRecord | undefined;
  /** The attempt that a batch's result line stands for; `undefined` where there was none. */
  readonly attemptOfLine: (download: ReadAttempt, line: BatchLine) => ReadAttempt | undefined;
  readonly requests: RequestPromises;
}

/** Makes records of what capture sees, and tells turns of them. */
export interface CallRecording extends AttemptListener<AnswerReading> {
  /** Attempts under way, and objects whose usage is still to come. */
  readonly openCount: number;
}

export function recordCalls({ ownerOf, record, attemptOfLine, requests }: CallRecordingParts): CallRecording {
  const objects = createOpenObjects();
  /** Open attempts hold their turn's ledger, so that it lives at least as long as they do. */
  const owners = new Map<string, AttemptOwner>();
  /** Ids of the records made of a file that is being downloaded. */
  const batches = new Map<string, string[]>();

  return {
    get openCount() {
      return owners.size;
    },
    started(attempt) {
      for (const { attempt: late, opener } of objects.expired(attempt.startedAt)) settle(late, opener);
      const owner = ownerOf(attempt);
      owners.set(attempt.id, owner);
      requests.started(attempt.id);
      owner.ledger?.opened(attempt.id);
    },
    batchLine(download, line) {
      const attempt = attemptOfLine(download, line);
      if (attempt === undefined) return;
      const made = record(attempt, attributionOf(download, { customId: line.custom_id }));
      const lines = batches.get(download.id) ?? [];
      batches.set(download.id, lines);
      if (made === undefined) return;
      lines.push(made.id);
      owners.get(download.id)?.ledger?.add(made);
    },
    ended(attempt) {
      const verdict = objects.judge(attempt);
      // The request is over, also where its object is not.
      if (verdict.is === 'open') requests.ended(attempt.id, []);
      if (verdict.is === 'nothing') close(attempt.id, undefined);
      if (verdict.is === 'own') settle(attempt, attempt);
      if (verdict.is !== 'settled') return;
      settle(verdict.attempt, verdict.opener ?? attempt);
      if (verdict.opener !== undefined) close(attempt.id, undefined);
    },
  };

  /** Records an object on behalf of the attempt that made it, or else of the one that saw it first. */
  function settle(seen: ReadAttempt, owner: ReadAttempt): void {
    close(owner.id, record(seen, attributionOf(owner, { metadata: seen.reader.object?.metadata })));
  }

  function attributionOf(attempt: ReadAttempt, late: LateHints): Attribution {
    return owners.get(attempt.id)?.attribution(late) ?? {};
  }

  function close(attemptId: string, made: UsageRecord | undefined): void {
    owners.get(attemptId)?.ledger?.closed(attemptId, made);
    owners.delete(attemptId);
    requests.ended(attemptId, made === undefined ? (batches.get(attemptId) ?? []) : [made.id]);
    batches.delete(attemptId);
  }
}
