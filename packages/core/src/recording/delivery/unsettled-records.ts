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

/** Only the youngest lost ids are remembered; an older one counts as stored when asked for, but its loss was reported. */
const maxLost = 10_000;

export function createUnsettledRecords(underway: RecordsUnderway): UnsettledRecords {
  const waiting = new Map<string, readonly (() => void)[]>();
  const lost = new Set<string>();
  const marks = createFlushMarks(underway.ids);

  function settle(id: string): void {
    marks.settled(id);
    const wakes = waiting.get(id);
    if (wakes === undefined) return;
    waiting.delete(id);
    for (const wake of wakes) wake();
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
    whenSettled(ids, timeoutMs) {
      const open = new Set(ids.filter((id) => underway.has(id)));
      const settlement = (): Settlement => {
        const lostCount = lost.size === 0 ? 0 : ids.filter((id) => lost.has(id)).length;
        return { pending: open.size, stored: ids.length - open.size - lostCount };
      };
      if (open.size === 0) return Promise.resolve(settlement());
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          for (const [id, wake] of wakes) stopWaiting(id, wake);
          resolve(settlement());
        }, timeoutMs);
        const wakes = [...open].map((id): [string, () => void] => [
          id,
          () => {
            open.delete(id);
            if (open.size > 0) return;
            clearTimeout(timer);
            resolve(settlement());
          },
        ]);
        for (const [id, wake] of wakes) waiting.set(id, [...(waiting.get(id) ?? []), wake]);
      });
    },
  };

  function stopWaiting(id: string, wake: () => void): void {
    const left = waiting.get(id)?.filter((other) => other !== wake) ?? [];
    if (left.length > 0) waiting.set(id, left);
    else waiting.delete(id);
  }
}
