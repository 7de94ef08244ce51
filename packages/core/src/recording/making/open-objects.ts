import type { Attempt } from '../../capture/attempt/attempt.ts';
import type { AnswerReading } from '../../normalize/answer-reader.ts';
import { createdBefore } from './created-before.ts';
import { objectRecordId } from './record-id.ts';

type ReadAttempt = Attempt<AnswerReading>;

/**
 * What an attempt that has ended is to the record. `own`: it has a record of its own. `open`: it made an object whose
 * usage is still to come, and stays open. `settled`: it shows the usage of an object for the first time. `nothing`: it
 * only looked at something.
 */
export type Verdict =
  | { readonly is: 'own' }
  | { readonly is: 'open' }
  | { readonly is: 'nothing' }
  | { readonly is: 'settled'; readonly attempt: ReadAttempt; readonly opener: ReadAttempt | undefined };

/**
 * The Responses made in the background and the assistants runs that this process has made or seen: one record each, as
 * often as they are streamed, polled, continued or cancelled.
 */
export interface OpenObjects {
  /** Whether an attempt under way is to have a record of its own, by what is known so far. */
  isOwn(attempt: ReadAttempt): boolean;
  judge(attempt: ReadAttempt): Verdict;
  /** Gives up on objects whose end nobody has fetched here for a day; the last thing known of each. */
  expired(): readonly { readonly attempt: ReadAttempt; readonly opener: ReadAttempt }[];
}

/** Longer than any provider keeps an object working. */
const patienceMs = 24 * 60 * 60 * 1000;
const maxRemembered = 10_000;

interface OpenObject {
  readonly opener: ReadAttempt;
  /** By the clock that nobody sets: given up too early, its usage would meet a record that says `missing`. */
  readonly sinceMs: number;
}

export function createOpenObjects(): OpenObjects {
  const open = new Map<string, OpenObject>();
  const settled = new Set<string>();

  return {
    isOwn({ kind, operation, isBackground, reader }) {
      return kind === 'call' && operation !== 'run' && !isBackground && reader.object?.isBackground !== true;
    },
    judge(attempt) {
      if (attempt.kind === 'download') return { is: 'nothing' };
      const unfetched: Verdict = { is: attempt.kind === 'revisit' ? 'nothing' : 'own' };
      const { object, hasUsage } = attempt.reader;
      if (object === undefined || attempt.outcome === 'refused') return unfetched;
      const id = objectRecordId(attempt.origin, object.id);
      const isOngoing = object.kind === 'run' || object.isBackground || attempt.isBackground || open.has(id);
      if (!isOngoing) return unfetched;
      if (settled.has(id)) return { is: 'nothing' };
      if (!hasUsage && !isFinal(object.status)) {
        if (attempt.kind === 'revisit' || open.has(id)) return { is: 'nothing' };
        open.set(id, { opener: attempt, sinceMs: performance.now() });
        return { is: 'open' };
      }
      const opener = open.get(id)?.opener;
      open.delete(id);
      settled.add(id);
      if (settled.size > maxRemembered) settled.delete(settled.values().next().value ?? id);
      return { is: 'settled', attempt: attemptOfObject(id, attempt, opener), opener };
    },
    expired() {
      const late = [];
      for (const [id, { opener, sinceMs }] of open) {
        // The oldest come first.
        if (open.size <= maxRemembered && performance.now() - sinceMs < patienceMs) break;
        open.delete(id);
        late.push({ attempt: attemptOfObject(id, opener, opener), opener });
      }
      return late;
    },
  };
}

/** The attempt that made the object, ended as the object has; without it, what the object says of itself. */
function attemptOfObject(id: string, seen: ReadAttempt, opener: ReadAttempt | undefined): ReadAttempt {
  const { object } = seen.reader;
  const outcome = outcomeOf(object?.status) ?? seen.outcome;
  if (opener === undefined)
    return { ...seen, id, callId: id, number: 1, startedAt: createdBefore(object?.createdAt, seen), outcome };
  const { reader, endedAt, drained } = seen;
  return { ...opener, id, callId: id, number: 1, reader, endedAt, drained, outcome };
}

function isFinal(status: string | undefined): boolean {
  return outcomeOf(status) !== undefined;
}

function outcomeOf(status: string | undefined): ReadAttempt['outcome'] {
  return status === undefined ? undefined : outcomes.get(status);
}

/** The states an object does not leave again. */
const outcomes: ReadonlyMap<string, ReadAttempt['outcome']> = new Map([
  ['completed', 'completed'],
  ['incomplete', 'completed'],
  ['cancelled', 'stopped'],
  ['failed', 'failed'],
  ['expired', 'failed'],
]);
