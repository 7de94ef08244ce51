import type { AttemptOwner } from './attempt-owner.ts';
import type { LateHints } from '../attribution/attribute.ts';
import type { Attribution } from '../attribution/attribution.ts';
import type { Attempt, AttemptListener } from '../capture/attempt/attempt.ts';
import { callApp } from '../call-app.ts';
import { MeterError } from '../errors.ts';
import { createAnswerReading } from '../normalize/answer-reader.ts';
import type { AnswerReading } from '../normalize/answer-reader.ts';
import type { MeterOptions } from '../options.ts';
import type { Pricer } from '../pricing/pricer.ts';
import { attemptOfBatchLine } from '../recording/making/batch-record.ts';
import { buildRecord } from '../recording/making/build-record.ts';
import { createOpenObjects } from '../recording/making/open-objects.ts';
import type { Recorder } from '../recording/recorder.ts';
import type { RequestPromises } from '../recording/request-promises.ts';
import type { UsageRecord } from '../recording/usage-record.ts';

type ReadAttempt = Attempt<AnswerReading>;

/** What {@link recordCalls} needs of the meter. */
export interface CallRecordingParts {
  /** Asked once per attempt, when it starts. */
  readonly ownerOf: (attempt: ReadAttempt) => AttemptOwner;
  readonly price: Pricer;
  readonly clock: () => Date;
  readonly recorder: Pick<Recorder, 'push' | 'foresee'>;
  /** Whether the recorder keeps what is known of a record that is still to come. */
  readonly foresees: boolean;
  readonly requests: RequestPromises;
  readonly onRecord: MeterOptions['onRecord'];
  readonly onError: (error: MeterError, record?: UsageRecord) => void;
}

/** Makes records of what capture sees, and tells turns of them. */
export interface CallRecording extends AttemptListener<AnswerReading> {
  /** Attempts under way, and objects whose usage is still to come. */
  readonly openCount: number;
}

export function recordCalls(parts: CallRecordingParts): CallRecording {
  const { ownerOf, price, clock, recorder, requests, onRecord, onError } = parts;
  const objects = createOpenObjects();
  let openCount = 0;
  /** Ids of the records made of a file that is being downloaded. */
  const batches = new Map<string, string[]>();

  return {
    get openCount() {
      return openCount;
    },
    started(attempt) {
      for (const { attempt: late, opener } of objects.expired()) settle(late, opener);
      const owner = ownerOf(attempt);
      // On the attempt itself: a map that is filled and emptied again makes a new table for nearly every call. An open
      // attempt holds its turn's ledger with it, so that this lives at least as long.
      attempt.owner = owner;
      openCount += 1;
      requests.started(attempt.id);
      owner.ledger?.opened(attempt.id);
    },
    batchLine(download, line) {
      const attempt = attemptOfBatchLine(download, line, createAnswerReading());
      if (attempt === undefined) return;
      const made = makeRecord(attempt, attributionOf(download, { customId: line.custom_id }));
      const lines = batches.get(download.id) ?? [];
      batches.set(download.id, lines);
      if (made === undefined) return;
      lines.push(made.id);
      ownerIn(download)?.ledger?.add(made);
    },
    left(attempt, outcome) {
      if (parts.foresees && objects.isOwn(attempt)) foresee({ ...attempt, outcome }, attributionOf(attempt, {}));
    },
    ended(attempt) {
      const verdict = objects.judge(attempt);
      // The request is over, also where its object is not.
      if (verdict.is === 'open') requests.ended(attempt.id, []);
      if (verdict.is === 'nothing') close(attempt, undefined);
      if (verdict.is === 'own') settle(attempt, attempt);
      if (verdict.is !== 'settled') return;
      settle(verdict.attempt, verdict.opener ?? attempt);
      if (verdict.opener !== undefined) close(attempt, undefined);
    },
  };

  /** Makes a record and hands it on; `undefined` where it could not be made. */
  function makeRecord(attempt: ReadAttempt, attribution: Attribution): UsageRecord | undefined {
    let made: UsageRecord | undefined;
    const failed = (message: string, cause: unknown): void =>
      onError(new MeterError('metering_failed', message, { cause }), made);
    try {
      made = buildRecord(attempt, attribution, price);
      recorder.push(made);
    } catch (cause) {
      failed('a call was observed, but its record could not be made or queued', cause);
      return made;
    }
    const record = made;
    if (onRecord !== undefined) {
      callApp(
        () => onRecord(record),
        (cause) => failed('onRecord threw; the record is stored all the same', cause),
      );
    }
    return made;
  }

  /** Hands over what is known of a record that is still to come, in case the process does not live so long. */
  function foresee(attempt: ReadAttempt, attribution: Attribution): void {
    try {
      recorder.foresee(buildRecord({ ...attempt, endedAt: attempt.endedAt ?? clock() }, attribution, price));
    } catch {
      // The record itself will tell.
    }
  }

  /** Records an object on behalf of the attempt that made it, or else of the one that saw it first. */
  function settle(seen: ReadAttempt, owner: ReadAttempt): void {
    close(owner, makeRecord(seen, attributionOf(owner, { metadata: seen.reader.object?.metadata })));
  }

  function close(attempt: ReadAttempt, made: UsageRecord | undefined): void {
    const { id: attemptId } = attempt;
    const owner = ownerIn(attempt);
    if (owner !== undefined) openCount -= 1;
    attempt.owner = undefined;
    owner?.ledger?.closed(attemptId, made);
    requests.ended(attemptId, made === undefined ? (batches.get(attemptId) ?? []) : [made.id]);
    batches.delete(attemptId);
  }
}

function ownerIn({ owner }: ReadAttempt): AttemptOwner | undefined {
  return owner as AttemptOwner | undefined;
}

function attributionOf(attempt: ReadAttempt, late: LateHints): Attribution {
  return ownerIn(attempt)?.attribution(late) ?? {};
}
