import { addUsage } from './add-usage.ts';
import type { UsageFrame } from './usage-frame.ts';
import type { UsageSnapshot } from './usage-snapshot.ts';

/** Frames without `rev` are held for so long, because the server may not have counted them yet. */
export const holdMs = 15_000;

/** More answers than this are never open at once; it bounds memory while the endpoint is down. */
const maxPending = 500;

/** Puts snapshots and frames into one order, whatever order they arrive in. */
export interface UsageLedger {
  /**
   * Takes a snapshot, unless it is older than the one at hand.
   *
   * @param order - Counts up with the start of the request; decides between snapshots of equal `rev`.
   */
  accept(snapshot: UsageSnapshot, order: number): boolean;
  /** Takes a frame, unless it is known. */
  add(frame: UsageFrame): boolean;
  /** The last confirmed snapshot. */
  confirmed(): UsageSnapshot | undefined;
  /** The confirmed snapshot and everything pending; the same object until something changes. */
  shown(): UsageSnapshot | undefined;
  /** Whether something shown is not confirmed yet. */
  isPending(): boolean;
}

interface Pending extends UsageFrame {
  /** When it arrived. */
  readonly at: number;
  /** The confirmed `rev` when it arrived. */
  readonly seenRev: number;
  /** The total shown with it, which a snapshot that contains it reaches. */
  goal: number;
}

export function createUsageLedger(): UsageLedger {
  let base: UsageSnapshot | undefined;
  let baseOrder = 0;
  let shown: UsageSnapshot | undefined;
  let isFresh = false;
  const pending = new Map<string, Pending>();
  const done = new Set<string>();

  const settle = (isDone: (frame: Pending) => boolean): void => {
    isFresh = false;
    for (const [id, frame] of pending) {
      if (!isDone(frame)) continue;
      pending.delete(id);
      done.add(id);
    }
    for (const id of done) if (done.size > maxPending) done.delete(id);
  };
  const isCounted = ({ rev, at, seenRev, goal }: Pending): boolean =>
    rev === undefined ? Date.now() - at >= holdMs || (base!.rev > seenRev && base!.total >= goal) : rev <= base!.rev;

  const ledger: UsageLedger = {
    accept(snapshot, order) {
      if (base && (snapshot.rev < base.rev || (snapshot.rev === base.rev && order < baseOrder))) return false;
      base = snapshot;
      baseOrder = order;
      settle(isCounted);
      return true;
    },
    add(frame) {
      const { id, add, rev, total, quota } = frame;
      if (rev === undefined ? done.has(id) : base && rev <= base.rev) return false;
      const entry: Pending = { at: Date.now(), seenRev: base?.rev ?? -1, ...pending.get(id), ...frame, goal: 0 };
      // Adding to what is shown keeps a storm of frames cheap; a replaced frame needs the whole sum again.
      if (!pending.delete(id) && isFresh && shown) shown = addUsage(shown, add);
      else isFresh = false;
      pending.set(id, entry);
      if (rev === undefined) entry.goal = ledger.shown()?.total ?? 0;
      else if (total !== undefined) {
        const counted = [...pending.values()].filter((other) => other.rev! <= rev);
        base = counted.reduce((sum, other) => addUsage(sum, other.add), base ?? { v: 1, rev, total, counts: {} });
        base = { ...base, rev, total, ...(quota && { quota }) };
        settle(isCounted);
      }
      if (base && pending.size > maxPending) {
        // Counted for good: the next snapshot has it anyway.
        const [oldest] = pending.values();
        base = addUsage(base, oldest!.add);
        settle((other) => other === oldest);
      }
      return true;
    },
    confirmed: () => base,
    isPending: () => pending.size > 0,
    shown() {
      if (isFresh || !base) return shown;
      isFresh = true;
      let next = base;
      let isHeld = false;
      for (const { add, rev, seenRev } of pending.values()) {
        isHeld ||= rev === undefined;
        // A frame without rev may be inside a snapshot that came after it.
        if (rev !== undefined || seenRev === base.rev) next = addUsage(next, add);
      }
      // Until that is known the higher number stays: no flicker while the server catches up.
      const isLower = shown && shown.total > next.total && shown.period?.start === next.period?.start;
      return (shown = isHeld && isLower ? shown : next);
    },
  };
  return ledger;
}
