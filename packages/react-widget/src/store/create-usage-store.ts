import { readUsageFrame, readUsageSnapshot } from '../usage/read-usage.ts';
import type { Read } from '../usage/read-usage.ts';
import { createUsageLedger, holdMs } from '../usage/usage-ledger.ts';
import { fetchUsage } from './fetch-usage.ts';
import type { UsageSource } from './fetch-usage.ts';
import { createNotifier } from './create-notifier.ts';
import { createRefresher } from './create-refresher.ts';
import { openChannel } from './open-channel.ts';
import type { UsageChannel } from './open-channel.ts';
import { usageError } from './usage-state.ts';
import type { UsageError, UsageState } from './usage-state.ts';
import { watchPage } from './watch-page.ts';

/** Options of {@link createUsageStore}. */
export interface UsageStoreOptions extends UsageSource {
  /**
   * Names the user towards the user's other tabs; without it tabs know nothing of each other. A `TokenMeter` with another
   * `userKey` starts anew: without one, the next user who signs in on the same page sees the last one's numbers.
   */
  readonly userKey?: string | undefined;
  /** A snapshot that the app already has, for example from server rendering. Shown at once, also on the server. */
  readonly initial?: unknown;
  /** Whether to share snapshots with the user's other tabs. Default true. A function opens a channel of the app's own. */
  readonly sync?: boolean | ((name: string) => UsageChannel | undefined) | undefined;
  /** Called once when the endpoint answers 401. */
  readonly onUnauthorized?: (() => void) | undefined;
  /** Called with each failed request and each malformed snapshot or frame. Nothing is ever printed. */
  readonly onError?: ((error: UsageError) => void) | undefined;
}

/** The usage of one user, live. Created by {@link createUsageStore}; its functions do not use `this`. */
export interface UsageStore {
  /** The current state; the same object until something changes. */
  get(): UsageState;
  /** The state at creation, which server rendering and hydration show. */
  getServer(): UsageState;
  /** Calls `listener` after changes, at most once per 16 ms. The first subscriber starts requests, the last ends them. */
  subscribe(listener: () => void): () => void;
  /** Requests the usage now. Calls during a request share one further request after it. Never rejects. */
  refresh(): Promise<UsageState>;
  /**
   * Applies a usage frame, or a snapshot that the app got by other means.
   *
   * @returns False if it was malformed or changed nothing.
   */
  apply(frameOrSnapshot: unknown): boolean;
  /**
   * Forgets the user, for logout; to be called once the server has ended the session. Nothing is requested again until `refresh`. The
   * user's other tabs ask the server, which knows whether they are signed out as well.
   */
  reset(): void;
}

/** After a frame: one request for all that arrive meanwhile, two further ones while it is not counted. */
const settleMs = [300, 3700, holdMs];

/**
 * Creates the store of one user's usage. Needs no framework, and does nothing until the first `subscribe` or `refresh`.
 *
 * @example
 * ```ts
 * const store = createUsageStore({ src: '/api/usage', userKey: user.id });
 * store.subscribe(() => console.log(store.get().usage?.total));
 * ```
 */
export function createUsageStore(options: UsageStoreOptions = {}): UsageStore {
  return createLiveStore(() => options);
}

/** A store whose functions and headers may be others with every request. */
export function createLiveStore(options: () => UsageStoreOptions): UsageStore {
  /** Focus and network events so soon after a request start no other. */
  const wakeMs = 2000;
  /** A snapshot from server rendering is not asked for again at once. */
  const initialMs = 60_000;
  /** Timers cannot wait longer than 24 days. */
  const longestTimerMs = 2e9;
  const { userKey, initial, sync = true } = options();
  const listeners = new Set<() => unknown>();
  const notify = createNotifier(listeners);
  let ledger = createUsageLedger();
  let state: UsageState = { status: 'loading', stale: false, pending: false };
  let askedAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueAt = Infinity;
  let round = 0;
  let channel: UsageChannel | undefined;
  let session: AbortController | undefined;

  const change = (
    facts: Pick<UsageState, 'updatedAt' | 'error'>,
    status: UsageState['status'] = ledger.shown ? 'ready' : facts.error ? 'error' : 'loading',
  ): void => {
    const { base, shown: usage } = ledger;
    state = {
      ...facts,
      status,
      usage,
      stale: !!(usage && facts.error),
      pending: !!usage && usage !== base,
    } as UsageState;
    notify();
  };
  /** What the app throws is reported as a rejection nobody handles, as of its subscribers. */
  const tell = async (error: UsageError): Promise<void> => options().onError?.(error);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel, not a window
  const share = (): void => channel?.postMessage(ledger.base);

  /** The first fault in it is told, once. */
  const readWith = <Value>(read: Read<Value>, value: unknown, refuse = tell): Value | undefined => {
    let fault: string | undefined;
    const result = read(value, (field) => (fault ??= field));
    if (!result || fault) void (result ? tell : refuse)(usageError('malformed', fault ?? 'usage'));
    return result;
  };
  /** @returns Whether it was news. */
  const accept = (value: unknown, isOwn: boolean, refuse = tell): boolean => {
    const snapshot = readWith(readUsageSnapshot, value, refuse);
    if (!snapshot) return false;
    const isNews = ledger.accept(snapshot, isOwn);
    // An answer that is not news still says that the endpoint is well.
    change({ updatedAt: Date.now() });
    askAtReset();
    if (isNews && isOwn) share();
    return isNews;
  };
  const fail = async (error: UsageError): Promise<void> => {
    const isOut = error.status === 401;
    if (isOut) reset();
    else change({ ...state, error });
    void tell(error);
    if (isOut) options().onUnauthorized?.();
  };

  const [refresh, abort] = createRefresher(async (signal) => {
    if (!(options().src ?? options().fetcher)) return;
    askedAt = Date.now();
    if (state.status === 'unauthorized') change({});
    listen();
    try {
      // For fetchers of the app's own that do not heed the signal.
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
      const body = await Promise.race([fetchUsage(options(), signal), aborted]);
      signal.throwIfAborted();
      accept(body, true, fail);
    } catch (cause) {
      // Nobody waits for it any more.
      if ((cause as Error).name !== 'AbortError') void fail(cause as UsageError);
    }
  });

  const wake = (): void => {
    if (Math.abs(Date.now() - askedAt) >= wakeMs) void refresh();
  };
  /** Asks in so many milliseconds, unless it is going to be sooner. */
  const askIn = (ms?: number): void => {
    const now = Date.now();
    // One that was due before now has slept: timers may count only the time that the machine is awake.
    if (!ms || listeners.size === 0 || (dueAt > now && dueAt <= now + ms)) return;
    dueAt = now + ms;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        dueAt = Infinity;
        void refresh().then(() => {
          askAtReset();
          if (state.pending) askIn(settleMs[(round += 1)]);
        });
      },
      Math.min(ms, longestTimerMs),
    );
  };
  /** The counters start anew at a known time; some seconds of spread keep all tabs from asking at once. */
  const askAtReset = (): void => {
    const ms = Date.parse(ledger.base.period?.resetsAt ?? '') - Date.now();
    if (ms > 0) askIn(ms + 500 + Math.random() * 2500);
  };
  const settle = (): void => askIn(settleMs[(round = 0)]);

  const listen = (): void => {
    if (session || listeners.size === 0) return;
    session = new AbortController();
    watchPage(wake, session.signal);
    if (!userKey || !sync) return;
    channel = (sync === true ? openChannel : sync)(`kilotoken:${userKey}`);
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- listeners alone would leave the channel closed
    if (channel) channel.onmessage = ({ data }) => void (data ? accept(data, false) : settle());
  };
  const rest = (): void => {
    abort();
    if (state.status !== 'ready') askedAt = -Infinity;
    clearTimeout(timer);
    dueAt = Infinity;
    session?.abort();
    channel?.close();
    session = channel = undefined;
  };
  const reset = (): void => {
    rest();
    ledger = createUsageLedger();
    change({}, 'unauthorized');
  };

  if (initial && accept(initial, true)) {
    change({ updatedAt: Date.parse(ledger.base.asOf ?? '') || Date.now() });
  }
  const atCreation = state;

  return {
    get: () => state,
    getServer: () => atCreation,
    subscribe(listener) {
      // Each subscription is its own, also of the same function. What it throws is reported as a rejection nobody
      // handles, and does not keep the others from hearing of the change.
      const own = async (): Promise<void> => listener();
      listeners.add(own);
      if (listeners.size === 1 && state.status !== 'unauthorized') {
        listen();
        askAtReset();
        // Not where all that is known is a fresh snapshot of the server.
        if (askedAt >= 0 || !(Date.now() - state.updatedAt! <= initialMs)) wake();
        if (state.pending) settle();
      }
      return () => {
        listeners.delete(own);
        // Development mode of React subscribes anew at once.
        queueMicrotask(() => listeners.size === 0 && rest());
      };
    },
    refresh: async () => {
      await refresh();
      return state;
    },
    apply(value) {
      // What comes after logout belongs to whoever logged out.
      if (state.status === 'unauthorized') return false;
      if ((value as { readonly counts?: unknown } | null)?.counts) return accept(value, true);
      const frame = readWith(readUsageFrame, value);
      if (!frame) return false;
      // Perhaps an answer that was made anew under the same id: the server knows.
      if (!ledger.add(frame)) return (settle(), false);
      const { base, shown } = ledger;
      const isConfirmed = shown === base;
      change(isConfirmed ? { updatedAt: Date.now() } : state);
      if (isConfirmed) share();
      // With other usage in between the total is right and its parts are not.
      if (!isConfirmed || (base.counts.input ?? 0) + (base.counts.output ?? 0) !== base.total) settle();
      return true;
    },
    reset() {
      // Only the server knows whether the user's other tabs are out as well.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel, not a window
      channel?.postMessage(0);
      reset();
    },
  };
}
