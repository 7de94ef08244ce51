import { within } from '../within.ts';

/** What a turn needs to know of a record; `UsageRecord` has it. */
export interface TurnRecord {
  readonly id: string;
  readonly callId: string;
}

/** The calls of one turn: which are open, and what the ended ones came to. */
export interface TurnLedger<Item extends TurnRecord> {
  opened(attemptId: string): void;
  /** The attempt has ended, with its record or without one. */
  closed(attemptId: string, record: Item | undefined): void;
  /** A record that does not end its attempt. */
  add(record: Item): void;
  records(): readonly Item[];
  openCount(): number;
  /** Resolves true when no call is open, false when some still are at the deadline. */
  whenIdle(timeoutMs: number): Promise<boolean>;
}

export function createTurnLedger<Item extends TurnRecord>(): TurnLedger<Item> {
  const open = new Set<string>();
  const records = new Map<string, Item>();
  let idle: Promise<void> | undefined;
  let becomeIdle: (() => void) | undefined;

  return {
    opened: (attemptId) => void open.add(attemptId),
    closed(attemptId, record) {
      open.delete(attemptId);
      if (record !== undefined) add(record);
      if (open.size > 0) return;
      becomeIdle?.();
      idle = undefined;
    },
    add,
    // No getters: in an object literal each of them goes into the old generation of the heap, once per turn.
    records: () => [...records.values()],
    openCount: () => open.size,
    whenIdle(timeoutMs) {
      if (open.size === 0) return Promise.resolve(true);
      idle ??= new Promise((resolve) => {
        becomeIdle = resolve;
      });
      return within(timeoutMs, idle);
    },
  };

  /** The same object may be seen twice, as a batch is that is downloaded again. */
  function add(record: Item): void {
    if (!records.has(record.id)) records.set(record.id, record);
  }
}
