import type { Attribution } from './attribution.ts';

/** A turn as the meter knows it. */
export interface RegisteredTurn<Ledger> {
  /** What its calls carry: opaque, and nobody can guess another's. */
  readonly handle: string;
  readonly attribution: Attribution;
  readonly ledger: Ledger;
}

/** Finds the turn behind the opaque handle that a request carries. */
export interface TurnRegistry<Ledger> {
  /** The registry holds it weakly, its attribution aside: it lives as long as the app's turn does. */
  add(attribution: Attribution, ledger: Ledger): RegisteredTurn<Ledger>;
  find(handle: string): { readonly attribution: Attribution; readonly ledger: Ledger | undefined } | undefined;
}

/**
 * Builds a registry that remembers so many turns which the app has let go of, and all that it has not: or else whoever makes
 * an app begin many turns would have the calls of those under way stored for nobody. A call of a turn that is forgotten is
 * stored without attribution.
 */
export function createTurnRegistry<Ledger>(maxTurns: number): TurnRegistry<Ledger> {
  type Held = Pick<WeakRef<RegisteredTurn<Ledger>>, 'deref'>;
  const turns = new Map<string, { readonly attribution: Attribution; readonly held: Held }>();
  /** Those that were pushed out while the app had them. */
  const kept = new Map<string, Held>();
  // Cloudflare's workers have weak references only from a compatibility date of May 2025 on.
  const isWeak = typeof WeakRef === 'function' && typeof FinalizationRegistry === 'function';
  const gone = isWeak ? new FinalizationRegistry((handle: string) => kept.delete(handle)) : undefined;

  return {
    add(attribution, ledger) {
      if (turns.size >= maxTurns) pushOut();
      const turn = { handle: globalThis.crypto.randomUUID(), attribution, ledger };
      turns.set(turn.handle, { attribution, held: isWeak ? new WeakRef(turn) : { deref: () => turn } });
      return turn;
    },
    find(handle) {
      const turn = turns.get(handle);
      if (turn === undefined) return kept.get(handle)?.deref();
      // Used ones move to the young end.
      turns.delete(handle);
      turns.set(handle, turn);
      return { attribution: turn.attribution, ledger: turn.held.deref()?.ledger };
    },
  };

  function pushOut(): void {
    const [oldest] = turns;
    if (oldest === undefined) return;
    const [handle, { held }] = oldest;
    turns.delete(handle);
    const turn = isWeak ? held.deref() : undefined;
    if (turn === undefined) return;
    kept.set(handle, held);
    gone?.register(turn, handle);
  }
}
