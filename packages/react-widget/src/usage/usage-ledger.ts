import { addUsage } from './add-usage.ts';
import type { UsageFrame } from './usage-frame.ts';
import type { UsageSnapshot } from './usage-snapshot.ts';

/** Frames without `rev` are held for so long, because the server may not have counted them yet. */
export const holdMs = 15_000;

/** Puts snapshots and frames into one order, whatever order they arrive in. */
export interface UsageLedger {
  /** The last confirmed snapshot; before the first one an empty one of `rev` -1. */
  readonly base: UsageSnapshot;
  /** The confirmed snapshot and everything that is not in it yet; the very same object where nothing is missing. */
  readonly shown: UsageSnapshot | undefined;
  /** Takes a snapshot, unless it is older than the one at hand; of two with the same `rev` one of this tab's own wins. */
  accept(snapshot: UsageSnapshot, isOwn: boolean): boolean;
  /** Takes a frame, unless it is known. */
  add(frame: UsageFrame): boolean;
}

interface KnownFrame extends UsageFrame {
  /** Where the frame has none: the next one, from which on a snapshot may contain it. */
  readonly rev: number;
  /** Milliseconds since 1970 until which a frame without `rev` is believed. */
  readonly until?: number | undefined;
}

export function createUsageLedger(): UsageLedger {
  /** More answers than this are not remembered; it bounds memory while the endpoint is down. */
  const maxFrames = 500;
  const frames = new Map<string, KnownFrame>();
  let base: UsageSnapshot = { v: 1, rev: -1, total: 0, counts: {} };
  let shown: UsageSnapshot | undefined;

  /** Whether a frame is still to be added to the base. */
  const isOpen = ({ rev, until = Infinity }: KnownFrame): boolean => rev > base.rev && Date.now() < until;
  /** The base and what it does not contain, up to some `rev`. */
  const withFrames = (last = Infinity): UsageSnapshot => {
    let sum = base;
    for (const frame of frames.values()) if (frame.rev <= last && isOpen(frame)) sum = addUsage(sum, frame.add);
    return sum;
  };
  const settle = (): boolean => {
    const next = withFrames();
    // A frame without rev may be missing in a snapshot that came after it: until the sum reaches what was shown, that
    // stays, so that nothing flickers while the server catches up.
    const isHeld =
      !!shown &&
      shown.total > next.total &&
      shown.period?.start === next.period?.start &&
      [...frames.values()].some(({ until }) => until! > Date.now());
    if (base.rev >= 0 && !isHeld) shown = next;
    return true;
  };

  return {
    get base() {
      return base;
    },
    get shown() {
      return shown;
    },
    accept(snapshot, isOwn) {
      const age = snapshot.rev - base.rev;
      if (age < 0 || (!isOwn && age === 0)) return false;
      base = snapshot;
      return settle();
    },
    add(frame) {
      const { id, rev, total, quota } = frame;
      const known = frames.get(id);
      const entry: KnownFrame = {
        ...frame,
        rev: rev ?? known?.rev ?? base.rev + 1,
        until: rev === undefined ? (known?.until ?? Date.now() + holdMs) : undefined,
      };
      if (!isOpen(entry)) return false;
      frames.set(id, entry);
      const [oldest] = frames.values();
      if (frames.size > maxFrames && frames.delete(oldest!.id) && isOpen(oldest!)) {
        // Counted for good: the next snapshot has it anyway.
        base = addUsage(base, oldest!.add);
      }
      if (rev !== undefined && total !== undefined) {
        base = { ...withFrames(rev), rev, total, ...(quota && { quota }) };
      } else if (shown && !known) {
        // Of a thousand frames a second none can sum all the others anew.
        shown = addUsage(shown, frame.add);
        return true;
      }
      return settle();
    },
  };
}
