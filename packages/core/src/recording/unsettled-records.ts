/** What became of records that somebody waits for. */
export interface Settlement {
  /** In the store and in its totals. */
  readonly stored: number;
  /** Not yet known. */
  readonly pending: number;
}

/** Remembers which records are on their way, and wakes those who wait for them. */
export interface UnsettledRecords {
  readonly size: number;
  ids(): string[];
  add(id: string): void;
  /** The store has it. */
  stored(id: string): void;
  /** It will not be stored: refused for good, or dropped. */
  lost(id: string): void;
  /** Resolves when all of these are settled, or at the deadline. */
  whenSettled(ids: readonly string[], timeoutMs: number): Promise<Settlement>;
}

/** Only the youngest lost ids are remembered; an older one counts as stored when asked for, but its loss was reported. */
const maxLost = 10_000;

export function createUnsettledRecords(): UnsettledRecords {
  const unsettled = new Map<string, (() => void)[] | undefined>();
  const lost = new Set<string>();

  function settle(id: string): void {
    const waiting = unsettled.get(id);
    unsettled.delete(id);
    if (waiting !== undefined) for (const wake of waiting) wake();
  }

  return {
    get size() {
      return unsettled.size;
    },
    ids: () => [...unsettled.keys()],
    add: (id) => void unsettled.set(id, undefined),
    stored: settle,
    lost(id) {
      lost.add(id);
      if (lost.size > maxLost) lost.delete(lost.values().next().value ?? id);
      settle(id);
    },
    whenSettled(ids, timeoutMs) {
      const settlement = (): Settlement => {
        const pending = ids.filter((id) => unsettled.has(id)).length;
        return { pending, stored: ids.length - pending - ids.filter((id) => lost.has(id)).length };
      };
      const open = ids.filter((id) => unsettled.has(id));
      if (open.length === 0) return Promise.resolve(settlement());
      return new Promise((resolve) => {
        let left = open.length;
        const timer = setTimeout(() => resolve(settlement()), timeoutMs);
        const wake = (): void => {
          left -= 1;
          if (left > 0) return;
          clearTimeout(timer);
          resolve(settlement());
        };
        for (const id of open) unsettled.set(id, [...(unsettled.get(id) ?? []), wake]);
      });
    },
  };
}
