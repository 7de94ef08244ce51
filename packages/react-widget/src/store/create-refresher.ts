const timeoutMs = 20_000;

/** Why a request was given up that took too long. */
export const tooSlow = 'timeout';

/** Runs requests one at a time. */
export interface Refresher {
  /** Starts a request; during one, all calls share one more after it. Resolves when that request is over. */
  refresh(): Promise<void>;
  /** Drops the request under way and the one waiting. */
  abort(): void;
}

/** @param ask - Makes one request and handles all that comes of it; never rejects. `order` counts up from 1. */
export function createRefresher(ask: (signal: AbortSignal, order: number) => Promise<void>): Refresher {
  let order = 0;
  let flight: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;
  let next: Promise<void> | undefined;

  const start = (): Promise<void> => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(tooSlow), timeoutMs);
    order += 1;
    const done = ask(controller.signal, order).finally(() => {
      clearTimeout(timer);
      if (flight?.controller === controller) flight = undefined;
    });
    flight = { controller, done };
    return done;
  };

  return {
    refresh() {
      if (flight === undefined) return start();
      if (next === undefined) {
        const waiting = flight.done.then(() => {
          if (next !== waiting) return undefined;
          next = undefined;
          return start();
        });
        next = waiting;
      }
      return next;
    },
    abort() {
      flight?.controller.abort();
      flight = undefined;
      next = undefined;
    },
  };
}
