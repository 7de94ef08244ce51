import { addUsage } from './add-usage.ts';
import type { UsageFrame } from './usage-frame.ts';
import type { UsageSnapshot } from './usage-snapshot.ts';

/** Frames without `rev` are held for so long, because the server may not have counted them yet. */
export const holdMs = 15_000;

/** Puts snapshots and frames into one order, whatever order they arrive in. */
export interface UsageLedger {
  /** The last confirmed snapshot; before the first one an empty one of `rev` -1. */
  base: UsageSnapshot;
  /** The confirmed snapshot and everything that is not in it yet; the very same object where nothing is missing. */
  shown?: UsageSnapshot | undefined;
  readonly frames: Map<string, KnownFrame>;
}

interface KnownFrame extends UsageFrame {
  /** Where the frame has none: the next one, from which on a snapshot may contain it. */
  readonly rev: number;
  /** Milliseconds since 1970 until which a frame without `rev` is believed. */
  readonly until?: number | undefined;
}

export function createUsageLedger(): UsageLedger {
  return { base: { v: 1, rev: -1, total: 0, counts: {} }, frames: new Map() };
}

/** Takes a snapshot, unless it is older than the one at hand; of two with the same `rev` one of this tab's own wins. */
export function acceptSnapshot(ledger: UsageLedger, snapshot: UsageSnapshot, isOwn: boolean): boolean {
  const age = snapshot.rev - ledger.base.rev;
  const isNews = age > 0 || (isOwn && age === 0);
  if (isNews) settle(ledger, snapshot);
  return isNews;
}

/** Takes a frame, unless it is known. */
export function addFrame(ledger: UsageLedger, frame: UsageFrame): boolean {
  /** More answers than this are not remembered; it bounds memory while the endpoint is down. */
  const maxFrames = 500;
  const { frames, shown } = ledger;
  const { id, rev, total, quota } = frame;
  let { base } = ledger;
  const known = frames.get(id);
  const entry: KnownFrame = {
    ...frame,
    rev: rev ?? known?.rev ?? base.rev + 1,
    until: rev === undefined ? (known?.until ?? Date.now() + holdMs) : undefined,
  };
  if (!isOpen(entry, base)) return false;
  frames.set(id, entry);
  const [oldest] = frames.values();
  if (frames.size > maxFrames && frames.delete(oldest!.id) && isOpen(oldest!, base)) {
    // Counted for good: the next snapshot has it anyway.
    base = addUsage(base, oldest!.add);
  }
  if (rev !== undefined && total !== undefined) {
    const sum = withFrames(ledger, base, rev);
    base = { ...sum, rev, total, ...(quota && { quota }) };
  } else if (shown && !known) {
    // Of a thousand frames a second none can sum all the others anew.
    ledger.base = base;
    ledger.shown = addUsage(shown, frame.add);
    return true;
  }
  settle(ledger, base);
  return true;
}

/** Whether a frame is still to be added to a snapshot. */
function isOpen({ rev, until = Infinity }: KnownFrame, base: UsageSnapshot): boolean {
  return rev > base.rev && Date.now() < until;
}

/** A snapshot and what it does not contain, up to some `rev`. */
function withFrames({ frames }: UsageLedger, base: UsageSnapshot, last = Infinity): UsageSnapshot {
  let sum = base;
  for (const frame of frames.values()) if (frame.rev <= last && isOpen(frame, base)) sum = addUsage(sum, frame.add);
  return sum;
}

/** Makes a snapshot the new base; without one nothing is shown. */
function settle(ledger: UsageLedger, base: UsageSnapshot): void {
  if (base.rev < 0) return;
  const { frames, shown } = ledger;
  const next = withFrames(ledger, base);
  // A frame without rev may be missing in a snapshot that came after it: until the sum reaches what was shown, that
  // stays, so that nothing flickers while the server catches up.
  const isHeld =
    !!shown &&
    shown.total > next.total &&
    shown.period?.start === next.period?.start &&
    [...frames.values()].some(({ until }) => until! > Date.now());
  ledger.base = base;
  if (!isHeld) ledger.shown = next;
}
