import type { Read } from '../usage/read-shape.ts';
import { readUsageFrame, readUsageSnapshot } from '../usage/read-usage.ts';
import { createUsageLedger, holdMs } from '../usage/usage-ledger.ts';
import { fetchUsage } from './fetch-usage.ts';
import type { UsageSource } from './fetch-usage.ts';
import { createNotifier } from './create-notifier.ts';
import { createRefresher, tooSlow } from './create-refresher.ts';
import { openChannel } from './open-channel.ts';
import type { UsageChannel } from './open-channel.ts';
import { usageError } from './usage-state.ts';
import type { UsageError, UsageState } from './usage-state.ts';
import type { UsageSnapshot } from '../usage/usage-snapshot.ts';
import { watchPage } from './watch-page.ts';

/** Options of {@link createUsageStore}. */
export interface UsageStoreOptions extends UsageSource {
  /** Names the user towards the user's other tabs; without it tabs know nothing of each other. */
  readonly userKey?: string;
  /** A snapshot that is already there, for example from server rendering. Shown at once, also on the server. */
  readonly initial?: unknown;
  /** Share snapshots with the user's other tabs. Default true; a function opens a channel of the app's own. */
  readonly sync?: boolean | ((name: string) => UsageChannel | undefined);
  /** Told once when the endpoint answers 401. */
  readonly onUnauthorized?: () => void;
  /** Told of each failed request and each malformed snapshot or frame; nothing is ever printed. */
  readonly onError?: (error: UsageError) => void;
}

/** The usage of one user, live. Made by {@link createUsageStore}; its functions need no `this`. */
export interface UsageStore {
  /** The current state; the same object until something changes. */
  get(): UsageState;
  /** The state at creation: what server rendering and hydration show. */
  getServer(): UsageState;
  /** Calls `listener` after changes, at most once per 16 ms. The first subscriber starts requests, the last ends them. */
  subscribe(listener: () => void): () => void;
  /** Asks the endpoint now. Calls during a request share one further request after it. Never rejects. */
  refresh(): Promise<UsageState>;
  /**
   * Takes a usage frame, or a snapshot the app got by other means.
   *
   * @returns False where it was malformed or changed nothing.
   */
  apply(frameOrSnapshot: unknown): boolean;
  /** Forgets the user: for logout. Nothing is asked again until `refresh`. */
  reset(): void;
}

/** Focus and network events so soon after a request start no other. */
const wakeMs = 2000;
/** After a frame: one request when the answers pause, two further ones while it is not counted. */
const settleMs = [300, 3700, holdMs];
/** Where answers never pause, a request each so often all the same. */
const longestSettleMs = 2000;
/** A snapshot from server rendering is not asked for again at once. */
const initialMs = 60_000;

/**
 * Makes the store of one user's usage. It needs no framework and does nothing until someone subscribes or refreshes.
 *
 * @example
 * ```ts
 * const store = createUsageStore({ src: '/api/usage', userKey: user.id });
 * store.subscribe(() => console.log(store.get().usage?.total));
 * ```
 */
export function createUsageStore(options: UsageStoreOptions = {}): UsageStore {
  const { userKey, initial, sync = true, onError } = options;
  const hasSource = options.src !== undefined || options.fetcher !== undefined;
  const { listeners, notify } = createNotifier();
  let ledger = createUsageLedger();
  let facts: Omit<UsageState, 'usage' | 'pending'> = { status: 'loading', stale: false };
  let state: UsageState | undefined;
  let askedAt = -Infinity;
  let lastOrder = 0;
  let firstFrameAt = 0;
  let settleTimer: ReturnType<typeof setTimeout> | undefined;
  let resetTimer: ReturnType<typeof setTimeout> | undefined;
  let channel: UsageChannel | undefined;
  let stopWatching: (() => void) | undefined;

  const get = (): UsageState => {
    const usage = ledger.shown();
    return (state ??= { ...facts, pending: ledger.isPending(), ...(usage && { usage }) });
  };
  const change = (changed: typeof facts): void => {
    facts = changed;
    state = undefined;
    notify();
  };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel, not a window
  const share = (): void => channel?.postMessage(ledger.confirmed());

  /** The first fault in it is told, once. */
  const readWith = <Value>(read: Read<Value>, value: unknown): Value | undefined => {
    let fault: string | undefined;
    const result = read(value, (field) => (fault ??= field));
    if (!result || fault) onError?.(usageError('malformed', fault ?? 'usage'));
    return result;
  };
  const accept = (snapshot: UsageSnapshot | undefined, order: number): boolean => {
    if (!snapshot) return false;
    const isNews = ledger.accept(snapshot, order);
    // An answer that is not news still says that the endpoint is well.
    change({ status: 'ready', stale: false, updatedAt: Date.now() });
    wakeAtReset();
    return isNews;
  };
  const fail = (error: UsageError): void => {
    if (error.status === 401) {
      reset();
      options.onUnauthorized?.();
    } else {
      const stale = ledger.shown() !== undefined;
      change({ ...facts, status: stale ? 'ready' : 'error', stale, error });
    }
  };

  const { refresh, abort } = createRefresher(async (signal, order) => {
    askedAt = Date.now();
    lastOrder = order;
    if (facts.status === 'unauthorized') change({ status: 'loading', stale: false });
    listen();
    try {
      // The race is for fetchers of the app's own that do not heed the signal.
      const body = await Promise.race([fetchUsage(options, signal), rejection(signal)]);
      if (signal.aborted) return;
      const snapshot = readWith(readUsageSnapshot, body);
      if (accept(snapshot, order)) share();
      if (!snapshot) fail(usageError('malformed', 'usage'));
    } catch (cause) {
      if (signal.aborted && signal.reason !== tooSlow) return;
      const error = signal.aborted ? usageError('network', tooSlow) : (cause as UsageError);
      onError?.(error);
      fail(error);
    }
  });

  const wake = (): void => {
    if (hasSource && listeners.size > 0 && Date.now() - askedAt >= wakeMs) void refresh();
  };
  /** The counters start anew at a known time; some seconds of spread keep all tabs from asking at once. */
  const wakeAtReset = (): void => {
    const ms = Date.parse(ledger.confirmed()?.period?.resetsAt ?? '') - Date.now();
    clearTimeout(resetTimer);
    if (ms > 0 && listeners.size > 0)
      resetTimer = setTimeout(wake, Math.min(ms + 500 + Math.random() * 2500, 2 ** 31 - 1));
  };
  const settle = (round = 0): void => {
    const ms = settleMs[round];
    if (!hasSource || listeners.size === 0 || ms === undefined) return;
    firstFrameAt ||= Date.now();
    clearTimeout(settleTimer);
    settleTimer = setTimeout(
      () => {
        firstFrameAt = 0;
        void refresh().then(() => ledger.isPending() && settle(round + 1));
      },
      round > 0 ? ms : Math.min(ms, firstFrameAt + longestSettleMs - Date.now()),
    );
  };

  const listen = (): void => {
    if (listeners.size === 0) return;
    stopWatching ??= watchPage(wake);
    if (userKey === undefined || !sync || channel) return;
    channel = (sync === true ? openChannel : sync)(`kilotoken:${userKey}`);
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- listeners alone would leave the channel closed
    if (channel) channel.onmessage = ({ data }) => void accept(readWith(readUsageSnapshot, data), 0);
  };
  const rest = (): void => {
    abort();
    clearTimeout(settleTimer);
    clearTimeout(resetTimer);
    firstFrameAt = 0;
    stopWatching?.();
    channel?.close();
    stopWatching = channel = undefined;
  };
  const reset = (): void => {
    rest();
    ledger = createUsageLedger();
    change({ status: 'unauthorized', stale: false });
  };

  if (initial !== undefined && accept(readWith(readUsageSnapshot, initial), 0)) {
    facts = { ...facts, updatedAt: Date.parse(ledger.confirmed()?.asOf ?? '') || Date.now() };
    state = undefined;
  }
  const atCreation = get();

  return {
    get,
    getServer: () => atCreation,
    subscribe(listener) {
      // Each subscription is its own, also of the same function.
      const own = (): void => listener();
      listeners.add(own);
      if (listeners.size === 1 && facts.status !== 'unauthorized') {
        listen();
        wakeAtReset();
        if (facts.status !== 'ready') askedAt = -Infinity;
        if (facts.status !== 'ready' || lastOrder > 0 || Date.now() - facts.updatedAt! > initialMs) wake();
        if (ledger.isPending()) settle();
      }
      return () => {
        listeners.delete(own);
        // Development mode of React subscribes anew at once.
        queueMicrotask(() => listeners.size === 0 && rest());
      };
    },
    refresh: async () => {
      if (hasSource) await refresh();
      return get();
    },
    apply(value) {
      // What comes after logout belongs to whoever logged out.
      if (facts.status === 'unauthorized') return false;
      if ((value as { readonly counts?: unknown } | null)?.counts) {
        return accept(readWith(readUsageSnapshot, value), lastOrder);
      }
      const frame = readWith(readUsageFrame, value);
      if (!frame || !ledger.add(frame)) return false;
      change(ledger.confirmed() ? { ...facts, status: 'ready' } : facts);
      const { counts, total } = ledger.confirmed() ?? {};
      const isConfirmed = frame.rev === ledger.confirmed()?.rev;
      if (isConfirmed) share();
      // With other usage in between the total is right and its parts are not.
      if (!isConfirmed || (counts?.input ?? 0) + (counts?.output ?? 0) !== total) settle();
      return true;
    },
    reset,
  };
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
