import type { UsageRecord } from '@kilotoken/core';

/** Room for so many records of each side on their way: it makes a side wait where an app's load would come to an end. */
export interface Room {
  /** A side sends a record. */
  take(id: string, side: number): void;
  /** The store has them. */
  free(records: readonly UsageRecord[]): void;
  /** Nothing where there is room. */
  whenFree(side: number): Promise<void> | undefined;
}

export function createRoom(perSide: number): Room {
  const sideOf = new Map<string, number>();
  const taken = new Map<number, number>();
  const waiting = new Map<number, () => void>();
  return {
    take(id, side) {
      sideOf.set(id, side);
      taken.set(side, (taken.get(side) ?? 0) + 1);
    },
    free(records) {
      for (const { id } of records) {
        const side = sideOf.get(id) ?? 0;
        sideOf.delete(id);
        taken.set(side, (taken.get(side) ?? 0) - 1);
        waiting.get(side)?.();
        waiting.delete(side);
      }
    },
    whenFree(side) {
      if ((taken.get(side) ?? 0) < perSide) return undefined;
      return new Promise((resolve) => {
        waiting.set(side, resolve);
      });
    },
  };
}
