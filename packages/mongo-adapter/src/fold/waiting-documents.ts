import type { Pace } from './pace.ts';

/** Users and messages whose document is not there (yet). */
export interface WaitingDocuments {
  /** Notes that a document is missing; `heldN` is the lowest row number that still needs it. */
  missing(kind: 'user' | 'message', id: string, heldN: bigint): void;
  /** Notes that it is settled. */
  settled(kind: 'user' | 'message', id: string): void;
  /** Those whose next try is due. */
  due(kind: 'user' | 'message'): string[];
  /** The lowest row number somebody waits for. */
  heldBack(): bigint | undefined;
  /** Milliseconds until something is due. */
  dueInMs(): number | undefined;
}

interface Wait {
  readonly since: number;
  readonly heldN: bigint;
  dueAt: number;
  delayMs: number;
  isGivenUp: boolean;
}

const slowestMs = 5 * 60_000;

/** Keeps them, tries after 1, 2, 4, ... seconds, and gives up waiting after a while: the ledger has the rows in any case. */
export function createWaitingDocuments(options: {
  readonly pace: Pace;
  readonly giveUpAfterMs: number;
  readonly onGivenUp: (kind: 'user' | 'message', id: string) => void;
  /** Default 10000. Beyond it nobody is tried again on its own account; the next record of a user still counts all. */
  readonly max?: number;
}): WaitingDocuments {
  const { pace, giveUpAfterMs, onGivenUp, max = 10_000 } = options;
  const waits = { user: new Map<string, Wait>(), message: new Map<string, Wait>() };
  const given = new Set<string>();
  const all = (): Wait[] => [...waits.user.values(), ...waits.message.values()];

  return {
    missing(kind, id, heldN) {
      const now = pace.now().getTime();
      const wait = waits[kind].get(id);
      if (wait === undefined) {
        if (kind === 'message' && given.has(id)) return;
        if (waits[kind].size >= max) {
          onGivenUp(kind, id);
          return;
        }
        waits[kind].set(id, { since: now, heldN, dueAt: now + 1000, delayMs: 1000, isGivenUp: false });
        return;
      }
      wait.delayMs = Math.min(wait.delayMs * 2, slowestMs);
      wait.dueAt = now + wait.delayMs;
      if (wait.isGivenUp) return;
      wait.dueAt = Math.min(wait.dueAt, wait.since + giveUpAfterMs);
      if (now < wait.since + giveUpAfterMs) return;
      onGivenUp(kind, id);
      if (kind === 'user') {
        // A user may still come, and then its usage should not wait for its next call.
        wait.isGivenUp = true;
        wait.dueAt = now + wait.delayMs;
      } else {
        waits.message.delete(id);
        if (given.size >= max) given.clear();
        given.add(id);
      }
    },
    settled(kind, id) {
      waits[kind].delete(id);
      if (kind === 'message') given.delete(id);
    },
    due(kind) {
      const now = pace.now().getTime();
      return [...waits[kind]].filter(([, { dueAt }]) => dueAt <= now).map(([id]) => id);
    },
    heldBack() {
      let lowest: bigint | undefined;
      for (const { heldN, isGivenUp } of all()) {
        if (!isGivenUp && (lowest === undefined || heldN < lowest)) lowest = heldN;
      }
      return lowest;
    },
    dueInMs() {
      const first = Math.min(...all().map(({ dueAt }) => dueAt));
      return Number.isFinite(first) ? Math.max(0, first - pace.now().getTime()) : undefined;
    },
  };
}
