import { within } from '../../within.ts';
import { createFlushMarks } from './flush-marks.ts';
import type { FlushMark } from './flush-marks.ts';

/** What became of records that somebody waits for. */
export interface Settlement {
  /** In the store and in its totals. */
  readonly stored: number;
  /** Not yet known. */
  readonly pending: number;
}

/** The records that are on their way to the store, wherever they are. */
export interface RecordsUnderway {
  has(id: string): boolean;
  ids(): readonly string[];
}

/** Wakes those who wait for records that are on their way. Costs nothing per record while nobody waits. */
export interface UnsettledRecords {
  /** A record is on its way. */
  came(id: string): void;
  /** The store has them. */
  stored(records: readonly { readonly id: string }[]): void;
  /** It will not be stored: refused for good, or dropped. */
  lost(id: string): void;
  /** Resolves when all of these are settled, or at the deadline. */
  whenSettled(ids: readonly string[], timeoutMs: number): Promise<Settlement>;
  /** Waits for all that are on their way now. */
  mark(): FlushMark;
}

/** Somebody who waits for records. */
interface Waiter {
  /** Those that are not settled yet. */
  readonly open: Set<string>;
  readonly wake: () => void;
}

/** Only the youngest lost ids are remembered; an older one counts as stored when asked for, but its loss was reported. */
const maxLost = 10_000;

export function createUnsettledRecords(underway: RecordsUnderway): UnsettledRecords {
  const waiting = new Map<string, readonly Waiter[]>();
  const lost = new Set<string>();
  const marks = createFlushMarks(underway.ids);

  function settle(id: string): void {
    marks.settled(id);
    const waiters = waiting.get(id);
    if (waiters === undefined) return;
    waiting.delete(id);
    for (const { open, wake } of waiters) {
      open.delete(id);
      if (open.size === 0) wake();
    }
  }

  return {
    came: marks.came,
    mark: marks.set,
    stored(records) {
      for (const { id } of records) settle(id);
    },
    lost(id) {
      lost.add(id);
      if (lost.size > maxLost) lost.delete(lost.values().next().value ?? id);
      settle(id);
    },
    async whenSettled(ids, timeoutMs) {
      const open = new Set(ids.filter((id) => underway.has(id)));
      if (open.size > 0) {
        await within(timeoutMs, new Promise<void>((wake) => join({ open, wake })));
        leave(open);
      }
      const lostCount = lost.size === 0 ? 0 : ids.filter((id) => lost.has(id)).length;
      return { pending: open.size, stored: ids.length - open.size - lostCount };
    },
  };

  function join(waiter: Waiter): void {
    for (const id of waiter.open) waiting.set(id, [...(waiting.get(id) ?? []), waiter]);
  }

  /** At the deadline, of those that are still open. */
  function leave(open: ReadonlySet<string>): void {
    for (const id of open) {
      const left = waiting.get(id)?.filter((other) => other.open !== open) ?? [];
      if (left.length > 0) waiting.set(id, left);
      else waiting.delete(id);
    }
  }
}
