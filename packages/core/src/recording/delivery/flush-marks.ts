/** A flush under way, which waits for all that was on its way when it began. */
export interface FlushMark {
  /** Resolves when all of that is settled. */
  readonly reached: Promise<void>;
  /** So much of it is not settled. */
  pending(): number;
  /** To be called once: the flush has ended, whatever came of it. */
  leave(): void;
}

/** Wakes those who wait for everything, any number at once: each record is remembered once for all of them. */
export interface FlushMarks {
  /** Marks what is on its way now. */
  set(): FlushMark;
  /** A record is on its way. Costs nothing while nobody waits. */
  came(id: string): void;
  /** A record is settled. */
  settled(id: string): void;
}

/** What came between two marks. */
interface Stretch {
  unsettled: number;
  readonly reach: () => void;
  readonly reached: Promise<void>;
}

/** @param ids - All that is on its way now. */
export function createFlushMarks(ids: () => readonly string[]): FlushMarks {
  /** Oldest first; the last has no mark yet and takes what comes. None while nobody waits. */
  let stretches: Stretch[] = [];
  const stretchOf = new Map<string, Stretch>();
  let waiting = 0;

  return {
    set() {
      if (stretches.length === 0) {
        stretches.push(newStretch());
        for (const id of ids()) put(id);
      }
      const mine = lastMarked();
      waiting += 1;
      wake();
      return {
        reached: mine.reached,
        pending: () =>
          stretches.slice(0, stretches.indexOf(mine) + 1).reduce((sum, { unsettled }) => sum + unsettled, 0),
        leave() {
          waiting -= 1;
          if (waiting > 0) return;
          stretches = [];
          stretchOf.clear();
        },
      };
    },
    came(id) {
      if (stretches.length > 0) put(id);
    },
    settled(id) {
      const stretch = stretchOf.get(id);
      if (stretch === undefined) return;
      stretchOf.delete(id);
      stretch.unsettled -= 1;
      wake();
    },
  };

  /** Where nothing came since the last mark, that one serves again: there are never more stretches than records. */
  function lastMarked(): Stretch {
    const [before, last] = [stretches.at(-2), stretches.at(-1) ?? newStretch()];
    if (last.unsettled === 0 && before !== undefined) return before;
    stretches.push(newStretch());
    return last;
  }

  function put(id: string): void {
    const last = stretches.at(-1);
    if (last === undefined || stretchOf.has(id)) return;
    stretchOf.set(id, last);
    last.unsettled += 1;
  }

  /** Also a later stretch that is settled waits for those before it. */
  function wake(): void {
    while (stretches.length > 1 && stretches[0]?.unsettled === 0) stretches.shift()?.reach();
  }
}

function newStretch(): Stretch {
  const stretch = { unsettled: 0, reach: nobodyWaits, reached: Promise.resolve() };
  stretch.reached = new Promise((resolve) => {
    stretch.reach = resolve;
  });
  return stretch;
}

function nobodyWaits(): void {}
