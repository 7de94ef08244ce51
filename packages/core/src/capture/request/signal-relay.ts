/**
 * An abort signal of our own for the inner fetch, which follows the host's. It lets a grace read outlive the host's
 * abort by a moment; in all other cases the host's abort and its reason go straight through.
 */
export interface SignalRelay {
  readonly signal: AbortSignal;
  /** Aborts the inner fetch. */
  abort(reason: unknown): void;
  /** The same where the host left before the end, which may have no reason. */
  disconnect(reason: unknown): void;
  /** Who decides on a host's abort from now on; by default it is passed on at once. */
  onAbort(handler: (reason: unknown) => void): void;
  /** Stops listening to the host's signal. */
  release(): void;
}

export function relaySignal(host: AbortSignal | null | undefined): SignalRelay {
  return new Relay(host);
}

/** A class, for there is one of these per stream; see ADR 0011. */
class Relay implements SignalRelay {
  private host: AbortSignal | null | undefined;
  private readonly controller = new AbortController();
  private handler: ((reason: unknown) => void) | undefined = undefined;
  private follow: (() => void) | undefined = undefined;

  constructor(host: AbortSignal | null | undefined) {
    this.host = host;
    if (host === null || host === undefined) return;
    if (host.aborted) {
      this.controller.abort(host.reason);
      return;
    }
    // By way of a variable: V8 lets a function that is written where it is assigned to a member grow old at once.
    const follow = (): void => this.followHost();
    this.follow = follow;
    host.addEventListener('abort', follow, once);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  abort(reason: unknown): void {
    this.controller.abort(reason);
  }

  disconnect(reason: unknown): void {
    this.abort(reason ?? leftReason());
  }

  onAbort(handler: (reason: unknown) => void): void {
    this.handler = handler;
  }

  release(): void {
    if (this.follow !== undefined) this.host?.removeEventListener('abort', this.follow);
    // The answer holds the relay for as long as the host holds the answer: all that is over is let go of.
    this.host = this.handler = this.follow = undefined;
  }

  private followHost(): void {
    const reason: unknown = this.host?.reason;
    if (this.handler === undefined) this.abort(reason);
    else this.handler(reason);
  }
}

const once = { once: true } as const;

/** What an abort without a reason makes, made once: it takes a stack trace, 20 us, and nobody is left to see it. */
function leftReason(): DOMException {
  left ??= new DOMException('This operation was aborted', 'AbortError');
  return left;
}

let left: DOMException | undefined;
