import type { Attribution } from './attribution.ts';

/** Finds the turn behind the opaque handle that a request carries. */
export interface TurnRegistry<Ledger extends object> {
  /** Registers a turn and returns its handle. The ledger is held weakly: it lives as long as the app's turn does. */
  add(attribution: Attribution, ledger: Ledger): string;
  find(handle: string): { readonly attribution: Attribution; readonly ledger: Ledger | undefined } | undefined;
}

/**
 * Builds a registry that remembers so many turns. A turn that was pushed out still meters; its calls are stored without
 * attribution.
 */
export function createTurnRegistry<Ledger extends object>(
  maxTurns: number,
  newHandle: () => string,
): TurnRegistry<Ledger> {
  const turns = new Map<
    string,
    { readonly attribution: Attribution; readonly ledger: Pick<WeakRef<Ledger>, 'deref'> }
  >();
  return {
    add(attribution, ledger) {
      if (turns.size >= maxTurns) {
        const oldest = turns.keys().next().value;
        if (oldest !== undefined) turns.delete(oldest);
      }
      const handle = newHandle();
      // Cloudflare's workers have weak references only from a compatibility date of May 2025 on.
      const held = typeof WeakRef === 'function' ? new WeakRef(ledger) : { deref: () => ledger };
      turns.set(handle, { attribution, ledger: held });
      return handle;
    },
    find(handle) {
      const turn = turns.get(handle);
      if (turn === undefined) return undefined;
      // Used ones move to the young end.
      turns.delete(handle);
      turns.set(handle, turn);
      return { attribution: turn.attribution, ledger: turn.ledger.deref() };
    },
  };
}
