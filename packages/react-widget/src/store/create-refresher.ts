import { usageError } from './usage-state.ts';

/** Runs requests one at a time. Tuples, here and elsewhere: no bundler shortens the names of properties. */
export type Refresher = readonly [
  /** Starts a request; during one, all calls share one more after it. Resolves when that request is over. */
  refresh: () => Promise<void>,
  /** Drops the request under way and the one waiting. */
  abort: () => void,
];

/** @param ask - Makes one request and handles all that comes of it; never rejects. */
export function createRefresher(ask: (signal: AbortSignal) => Promise<void>): Refresher {
  const timeoutMs = 20_000;
  let newest: AbortController | undefined;
  let flight: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const start = (): Promise<void> => {
    const own = (newest = new AbortController());
    const timer = setTimeout(() => own.abort(usageError('network', 'timeout')), timeoutMs);
    next = undefined;
    return (flight = ask(own.signal).finally(() => {
      clearTimeout(timer);
      if (own === newest) flight = undefined;
    }));
  };

  return [
    () => {
      const own = newest;
      return flight ? (next ??= flight.then(() => (own === newest ? start() : undefined))) : start();
    },
    () => {
      newest?.abort();
      newest = flight = next = undefined;
    },
  ];
}
