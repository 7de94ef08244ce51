/** What became of records that somebody waits for. */
export interface Settlement {
  /** In the store and in its totals. */
  readonly stored: number;
  /** Not yet known. */
  readonly pending: number;
}

/** The same, with what nobody waits for any more. */
export interface FullSettlement extends Settlement {
  /** Refused for good, or dropped. */
  readonly lost: number;
}

/** The records that are on their way to the store, wherever they are. */
export interface RecordsUnderway {
  has(id: string): boolean;
  ids(): readonly string[];
}

/** Wakes those who wait for records that are on their way. Costs nothing per record while nobody waits. */
export interface UnsettledRecords {
  /** The store has them. */
  stored(records: readonly { readonly id: string }[]): void;
  /** It will not be stored: refused for good, or dropped. */
  lost(id: string): void;
  /** Resolves when all of these are settled, or at the deadline. Default: all that are on their way now. */
  whenSettled(ids: readonly string[] | undefined, timeoutMs: number): Promise<FullSettlement>;
}

/** Only the youngest lost ids are remembered; an older one counts as stored when asked for, but its loss was reported. */
const maxLost = 10_000;

export function createUnsettledRecords(underway: RecordsUnderway): UnsettledRecords {
  const waiting = new Map<string, readonly (() => void)[]>();
  const lost = new Set<string>();

  function settle(id: string): void {
    const wakes = waiting.get(id);
    if (wakes === undefined) return;
    waiting.delete(id);
    for (const wake of wakes) wake();
  }

  return {
    stored(records) {
      if (waiting.size > 0) for (const { id } of records) settle(id);
    },
    lost(id) {
      lost.add(id);
      if (lost.size > maxLost) lost.delete(lost.values().next().value ?? id);
      settle(id);
    },
    whenSettled(asked, timeoutMs) {
      const ids = asked ?? underway.ids();
      const open = new Set(asked === undefined ? ids : ids.filter((id) => underway.has(id)));
      const settlement = (): FullSettlement => {
        const lostCount = lost.size === 0 ? 0 : ids.filter((id) => lost.has(id)).length;
        return { pending: open.size, lost: lostCount, stored: ids.length - open.size - lostCount };
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
