/**
 * How an answer travels, and what goes wrong on the way. All are absent by default: one write per event, no pause, no
 * fault. Every answer takes these.
 */
export interface DeliveryOptions {
  /** HTTP status instead of the answer's own. */
  readonly status?: number;
  /** Response headers, added to the answer's own or instead of them. */
  readonly headers?: Readonly<Record<string, string>>;

  /** Bytes per write, across event borders. From 1. */
  readonly splitEvery?: number;
  /** Body offsets at which a new write begins, ascending, across event borders; the rest goes out as one write. */
  readonly splitAt?: readonly number[];
  /** Events per write; default 1. From 1. Without effect beside `splitEvery` and `splitAt`. */
  readonly eventsPerWrite?: number;
  /** Pause before each event, in milliseconds of real time. Prefer `gate` in tests. */
  readonly delayMs?: number;
  /**
   * Called and awaited before each event (from 0) is written: the test sets the pace, without sleeps. A rejection
   * drops the connection and is kept in `provider.errors`. Do not combine with `splitEvery` or `splitAt`, where bytes
   * of an event wait for the write to be full.
   */
  readonly gate?: (eventIndex: number) => void | Promise<void>;

  /** Ends the answer early. */
  readonly cut?: CutOptions;
  /** Leaves the connection open and silent. */
  readonly stall?: StallOptions;
  /** Sends the body as gzip, flushed after each event. With `cut.afterBytes` and `how: 'end'` it is a torn archive. */
  readonly gzip?: boolean;
}

/** Where and how an answer ends early; give one of `afterEvents` and `afterBytes`. */
export interface CutOptions {
  /** Events that still arrive in full; 0 cuts right after the headers. */
  readonly afterEvents?: number;
  /** Bytes of the body, as on the wire, that still arrive. */
  readonly afterBytes?: number;
  /**
   * `'destroy'` (default) closes the socket in mid-body; `'reset'` sends RST, which may also take away what the client
   * has not read yet; `'end'` ends the HTTP body properly, so that only the content is torn.
   */
  readonly how?: 'destroy' | 'reset' | 'end';
}

/** Where and how long an answer hangs; without a place it hangs before the headers. */
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
