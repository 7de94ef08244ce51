import { addUsage } from './add-usage.ts';
import type { UsageFrame } from './usage-frame.ts';
import type { UsageSnapshot } from './usage-snapshot.ts';

/** Frames without `rev` are held for so long, because the server may not have counted them yet. */
export const holdMs = 15_000;

/** Puts snapshots and frames into one order, whatever order they arrive in. */
export interface UsageLedger {
  /** The last confirmed snapshot. */
  base?: UsageSnapshot;
  /** The confirmed snapshot and everything that is not in it yet; the same object until something changes. */
  shown?: UsageSnapshot;
  /** Whether something shown is not confirmed yet. */
  isPending?: boolean;
  readonly frames: Map<string, KnownFrame>;
}

interface KnownFrame extends UsageFrame {
  /** Where the frame has none: the next one, from which on a snapshot may contain it. */
  readonly rev: number;
  /** Milliseconds since 1970 until which a frame without `rev` is believed. */
  readonly until: number;
}

export function createUsageLedger(): UsageLedger {
  return { frames: new Map() };
}

/** Takes a snapshot, unless it is older than the one at hand; of two with the same `rev` one of this tab's own wins. */
export function acceptSnapshot(ledger: UsageLedger, snapshot: UsageSnapshot, isOwn: boolean): boolean {
  const age = snapshot.rev - revOf(ledger);
  const isNews = age > 0 || (isOwn && age === 0);
  if (isNews) settle(ledger, snapshot);
  return isNews;
}

/** Takes a frame, unless it is known. */
export function addFrame(ledger: UsageLedger, frame: UsageFrame): boolean {
  /** More answers than this are not remembered; it bounds memory while the endpoint is down. */
  const maxFrames = 500;
  const { frames, base, shown } = ledger;
  const { id, add, total } = frame;
  const baseRev = revOf(ledger);
  const known = frames.get(id);
  const entry: KnownFrame = {
    ...frame,
    rev: frame.rev ?? known?.rev ?? baseRev + 1,
    until: frame.rev === undefined ? (known?.until ?? Date.now() + holdMs) : Infinity,
  };
  const { rev } = entry;
  if (!isOpen(entry, baseRev)) return false;
  frames.set(id, entry);
  if (frame.rev !== undefined && total !== undefined) {
    let sum: UsageSnapshot = base ?? { v: 1, rev, total, counts: {} };
    for (const other of frames.values()) if (other.rev <= rev && isOpen(other, baseRev)) sum = addUsage(sum, other.add);
    const { quota = sum.quota } = frame;
    settle(ledger, { ...sum, rev, total, quota } as UsageSnapshot);
  } else if (known) settle(ledger, base);
  else if (shown) {
    ledger.shown = addUsage(shown, add);
    ledger.isPending = true;
  }
  const [oldest] = frames.values();
  if (frames.size > maxFrames && frames.delete(oldest!.id) && ledger.base && isOpen(oldest!, ledger.base.rev)) {
    // Counted for good: the next snapshot has it anyway.
    ledger.base = addUsage(ledger.base, oldest!.add);
  }
  return true;
}

/** Whether a frame is still to be added to a snapshot. */
function isOpen({ rev, until }: KnownFrame, baseRev: number): boolean {
  return rev > baseRev && Date.now() < until;
}

function revOf({ base }: UsageLedger): number {
  return base?.rev ?? -1;
}

/** Adds what a new base does not contain. */
function settle(ledger: UsageLedger, base: UsageSnapshot | undefined): void {
  if (!base) return;
  const { frames, shown } = ledger;
  let next = base;
  let isHeld = false;
  ledger.base = base;
  for (const frame of frames.values()) {
    if (isOpen(frame, base.rev)) next = addUsage(next, frame.add);
    // A frame without rev may be missing in a snapshot that came after it.
    isHeld ||= frame.until < Infinity && Date.now() < frame.until;
  }
  // Until the sum reaches what was shown, that stays: no flicker while the server catches up.
  isHeld &&= !!shown && shown.total > next.total && shown.period?.start === next.period?.start;
  ledger.isPending = isHeld || next !== base;
  if (!isHeld) ledger.shown = next;
}
