/**
 * How an answer is delivered, and what goes wrong on the way. By default: one write per event, no pause, no fault. Every answer accepts
 * these options.
 */
export interface DeliveryOptions {
  /** Replaces the HTTP status of the answer. */
  readonly status?: number;
  /** Response headers; they add to those of the answer, or replace them. */
  readonly headers?: Readonly<Record<string, string>>;

  /** Bytes per write, 1 or more, regardless of event borders. */
  readonly splitEvery?: number;
  /** Body offsets at which a new write begins, ascending, regardless of event borders; the rest is one write. */
  readonly splitAt?: readonly number[];
  /** Events per write, 1 or more; default 1. Ignored with `splitEvery` or `splitAt`. */
  readonly eventsPerWrite?: number;
  /** Pause before each event, in milliseconds of real time. Prefer `gate` in tests. */
  readonly delayMs?: number;
  /**
   * Called and awaited before each event (counted from 0) is written, so that the test sets the pace without sleeping. A rejection closes
   * the connection and is kept in `provider.errors`. Do not combine it with `splitEvery` or `splitAt`, which hold bytes of an event back
   * until a write is full.
   */
  readonly gate?: (eventIndex: number) => void | Promise<void>;

  /** Ends the answer early. */
  readonly cut?: CutOptions;
  /** Leaves the connection open and silent. */
  readonly stall?: StallOptions;
  /** Sends the body as gzip, flushed after each event. With `cut.afterBytes` and `how: 'end'`, the archive is truncated. */
  readonly gzip?: boolean;
}

/** Where and how an answer ends early; pass either `afterEvents` or `afterBytes`. */
export interface CutOptions {
  /** Events that still arrive in full; 0 cuts right after the headers. */
  readonly afterEvents?: number;
  /** Bytes of the body, as on the wire, that still arrive. */
  readonly afterBytes?: number;
  /**
   * `'destroy'` (default) closes the socket in the middle of the body. `'reset'` sends RST, which may also discard what the client has not
   * read yet. `'end'` ends the HTTP body properly, so that only its content is incomplete.
   */
  readonly how?: 'destroy' | 'reset' | 'end';
}

/** Where and how long an answer hangs; without `afterEvents` it hangs before the headers. */
export interface StallOptions {
  /** Events that still arrive before the silence; 0 is right after the headers. Absent: not even headers arrive. */
  readonly afterEvents?: number;
  /** How long, in milliseconds; absent: until the client or `provider.close()` ends it. */
  readonly forMs?: number;
}

/** Names of all delivery options. */
export const deliveryOptionNames: Readonly<Record<keyof DeliveryOptions, true>> = {
  status: true,
  headers: true,
  splitEvery: true,
  splitAt: true,
  eventsPerWrite: true,
  delayMs: true,
  gate: true,
  cut: true,
  stall: true,
  gzip: true,
};
