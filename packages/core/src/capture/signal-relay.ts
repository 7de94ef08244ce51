/**
 * An abort signal of our own for the inner fetch, which follows the host's. It lets a grace read outlive the host's
 * abort by a moment; in all other cases the host's abort and its reason go straight through.
 */
export interface SignalRelay {
  readonly signal: AbortSignal;
  /** True once the host has aborted. */
  readonly isAborted: boolean;
  /** Aborts the inner fetch. */
  abort(reason: unknown): void;
  /** Who decides on a host's abort from now on; by default it is passed on at once. */
  onAbort(handler: (reason: unknown) => void): void;
  /** Stops listening to the host's signal. */
  release(): void;
}

export function relaySignal(host: AbortSignal | null | undefined): SignalRelay {
  const controller = new AbortController();
  let handler = (reason: unknown): void => controller.abort(reason);
  const follow = (): void => handler(host?.reason);
  if (host?.aborted === true) controller.abort(host.reason);
  else host?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    get isAborted() {
      return host?.aborted === true;
    },
    abort: (reason) => controller.abort(reason),
    onAbort(next) {
      handler = next;
    },
    release: () => host?.removeEventListener('abort', follow),
  };
}
