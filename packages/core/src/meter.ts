import type { Attribution } from './attribution/attribution.ts';
import type { TokenUsage } from './normalize/token-usage.ts';
import type { RecorderStats } from './recording/recorder-stats.ts';
import type { UsageRecord } from './recording/usage-record.ts';

/** What the calls of one turn came to. `JSON.stringify` gives a plain value. */
export interface TurnUsage {
  /** Distinct calls that have ended. */
  readonly calls: number;
  /** Sum over the ended calls; a count is absent where no call reported it. */
  readonly tokens: TokenUsage;
  /** Cost sum of the priced calls, absent where none was priced. */
  readonly cost?: TurnCost;
  /** The records behind the sum, one per HTTP attempt. */
  readonly records: readonly UsageRecord[];
  /** False where a call was still open at the deadline, or its usage still to come, as a background response's. */
  readonly complete: boolean;
}

/** Cost of one turn. */
export interface TurnCost {
  /** Integer pico-USD (1e-12 USD). */
  readonly picoUsd: number;
  /** Calls with tokens and no price: while above 0, `picoUsd` is a lower bound. */
  readonly unpricedCalls: number;
}

/** How far a turn has got into the store. */
export interface TurnStored {
  /** Records of this turn that are in the store and in its totals. */
  readonly stored: number;
  /** Records not yet stored, and calls not yet ended. 0 means that the next read of the store shows all of it, but for what it refused for good or the queue dropped, which `onError` heard of. */
  readonly pending: number;
}

/** How long to wait for calls that are still open, or for the store. */
export interface TurnWait {
  /** Milliseconds, 0 or more. Default 5000. */
  readonly timeoutMs?: number;
}

/**
 * One unit of work of the app, usually one message: whatever calls carry it are counted to it.
 *
 * Made by {@link Meter.track}. Safe to hold across awaits and to use for several calls, in a row or at once.
 *
 * @example
 * ```ts
 * const turn = meter.track({ userId: 'u1', messageId: 'm1' });
 * await openai.chat.completions.create({ model, messages }, turn.options);
 * const { tokens } = await turn.usage();
 * ```
 */
export interface Turn {
  /**
   * Request options that name this turn: one opaque header, taken off before the request leaves, harmless from a client
   * that is not wrapped. Spreads into the options of the OpenAI SDK and of the AI SDK.
   */
  readonly options: { readonly headers: Record<string, string> };
  /** The app's own request options with this turn added; the app's headers and everything else stay. */
  with<Options extends object = object>(
    options?: Options,
  ): Omit<Options, 'headers'> & { readonly headers: Record<string, string> };
  /**
   * Runs `work` so that every call in it, and in whatever it awaits, belongs to this turn, unless it names another.
   *
   * Uses AsyncLocalStorage; on Node 22 its first use makes awaits dearer for the whole process, so prefer `options`.
   *
   * @throws MeterError `unsupported` where the runtime has no AsyncLocalStorage.
   */
  run<Result>(work: () => Result): Result;
  /**
   * The usage of the calls of this turn that have reached the network. Waits for open ones, at most `timeoutMs`, and
   * never hangs, also when awaited while one of them is being read.
   */
  usage(wait?: TurnWait): Promise<TurnUsage>;
  /**
   * Resolves when everything of this turn is in the store and counted in the totals, or at the deadline with what is
   * still pending. Never rejects.
   */
  stored(wait?: TurnWait): Promise<TurnStored>;
}

/** See {@link Meter.stats}. */
export interface MeterStats extends RecorderStats {
  /**
   * Calls whose record is still to come: open streams, answers nobody has read yet, lookups, and background responses and
   * assistants runs whose end nobody has fetched here.
   */
  readonly pending: number;
}

/**
 * Meters the calls of an app. Made by `createMeter`, once per process.
 *
 * @example
 * ```ts
 * const meter = createMeter({ store: sqliteStore({ path: 'usage.db' }) });
 * const openai = meter.wrap(new OpenAI());
 * ```
 */
export interface Meter {
  /**
   * Meters every call of an OpenAI client, of its helpers and of its `withOptions` clones, and returns that same
   * object. Wrapping twice changes nothing. With `KILOTOKEN_DISABLED=1` in the environment the client stays untouched, and may
   * be anything, such as the mock of a test.
   *
   * @param client - A client of `openai` 4 to 7, `AzureOpenAI` included.
   * @throws MeterError `invalid_options` where the argument is not such a client, or is frozen or sealed.
   *
   * @example
   * ```ts
   * const openai = meter.wrap(new OpenAI());
   * ```
   */
  wrap<Client extends object>(client: Client): Client;
  /**
   * Meters what happens on a WebSocket: each response, and each transcription of what the user said, is one record. Adds
   * listeners and returns that same object; observing twice changes nothing. A response that is under way when the
   * connection closes is recorded as failed.
   *
   * @param connection - `OpenAIRealtimeWS`, `OpenAIRealtimeWebSocket` or `ResponsesWS` of `openai`, or a `WebSocket` that
   *   speaks their protocol.
   * @param turn - Whom and what all of it belongs to. Default: the turn whose `run` this is called in.
   * @throws MeterError `invalid_options` where the argument has no events.
   *
   * @example
   * ```ts
   * const realtime = meter.observe(new OpenAIRealtimeWS({ model: 'gpt-realtime' }), meter.track({ userId: 'u1' }));
   * ```
   */
  observe<Connection extends object>(connection: Connection, turn?: Turn): Connection;
  /**
   * The same metering as a plain `fetch`, for the AI SDK, LangChain.js or raw HTTP.
   *
   * @param base - The `fetch` to use. Default: the global one, as it is at each call.
   * @throws MeterError `invalid_options` where the argument is no function.
   *
   * @example
   * ```ts
   * const provider = createOpenAI({ fetch: meter.fetch() });
   * ```
   */
  fetch(base?: typeof fetch): typeof fetch;
  /**
   * Names whom and what the next calls belong to.
   *
   * @throws MeterError `invalid_options` where a part has the wrong type, naming it.
   *
   * @example
   * ```ts
   * const turn = meter.track({ userId: 'u1', conversationId: 'c1', messageId: 'm1', tags: { feature: 'chat' } });
   * const stream = await openai.chat.completions.create({ model, messages, stream: true }, turn.options);
   * ```
   */
  track(attribution: Attribution): Turn;
  /**
   * Resolves when everything that has ended so far is durable in the store and in its totals. Does not wait for open
   * calls; for the usage of answers that the app has left, it waits 500 ms at most.
   *
   * @throws MeterError `store_failed` where the store did not take it; the records stay queued and are tried again.
   * `record_rejected` where the store refused records for good since the last flush. What was dropped as it ended, because
   * the queue was full, is in `stats().dropped` instead; `onError` was told of each of both.
   */
  flush(): Promise<void>;
  /**
   * Counters since this meter was made, for health checks and metrics. Cheap.
   *
   * @example
   * ```ts
   * const { queued, oldestUnstoredMs, dropped } = meter.stats();
   * ```
   */
  stats(): MeterStats;
  /**
   * Drains what is queued, at most `timeoutMs`, and closes the meter. The store stays open: it is the app's. Answers that
   * the app has left are read on for 500 ms at most, then recorded with what was seen.
   *
   * @returns How many records are still not stored; each of them was also told to `onError`.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<{ readonly left: number }>;
}
