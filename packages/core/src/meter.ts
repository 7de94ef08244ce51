import type { Attribution } from './attribution/attribution.ts';
import type { TokenUsage } from './normalize/token-usage.ts';
import type { RecorderStats } from './recording/recorder-stats.ts';
import type { UsageRecord } from './recording/usage-record.ts';

/** The usage of the calls of one turn. Can be passed to `JSON.stringify`. */
export interface TurnUsage {
  /** Distinct calls that have ended. */
  readonly calls: number;
  /** Sum over the ended calls; a count is absent if no call reported it. */
  readonly tokens: TokenUsage;
  /** Sum over the priced calls; absent if none was priced. */
  readonly cost?: TurnCost;
  /** The records behind the sum, one per HTTP attempt. */
  readonly records: readonly UsageRecord[];
  /** False if a call was still open at the deadline, or its usage is still to come, as with a background response. */
  readonly complete: boolean;
}

/** Cost of one turn. */
export interface TurnCost {
  /** Integer pico-USD (1e-12 USD). */
  readonly picoUsd: number;
  /** Calls with tokens but no price. If above 0, `picoUsd` is a lower bound. */
  readonly unpricedCalls: number;
}

/** How much of a turn is in the store. */
export interface TurnStored {
  /** Records of this turn that are in the store and in its totals. */
  readonly stored: number;
  /**
   * Records not yet stored, plus calls not yet ended. If 0, the next read of the store shows the whole turn, except records that
   * the store refused for good or the queue dropped; `onError` was called for those.
   */
  readonly pending: number;
}

/** How long to wait for open calls, or for the store. */
export interface TurnWait {
  /** Milliseconds, 0 or more. Default 5000. */
  readonly timeoutMs?: number;
}

/**
 * One unit of work of the app, usually one message. Calls that carry the turn are counted towards it.
 *
 * Created by {@link Meter.track}. Can be kept across awaits and used for several calls, in sequence or concurrently.
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
   * Request options that carry this turn: one opaque header, which is removed before the request leaves, and is harmless if sent by
   * a client that is not wrapped. Can be spread into the options of the OpenAI SDK and the AI SDK.
   */
  readonly options: { readonly headers: Record<string, string> };
  /** Adds this turn to the app's own request options. Their headers and all other options are kept. */
  with<Options extends object = object>(
    options?: Options,
  ): Omit<Options, 'headers'> & { readonly headers: Record<string, string> };
  /**
   * Runs `work` so that every call made in it, and in whatever it awaits, belongs to this turn, unless the call carries another.
   *
   * Uses AsyncLocalStorage. On Node 22 its first use makes awaits slower in the whole process, so prefer `options`.
   *
   * @throws MeterError `unsupported` if the runtime has no AsyncLocalStorage.
   */
  run<Result>(work: () => Result): Result;
  /**
   * Sums the usage of this turn's calls that have reached the network. Waits for open calls, at most `timeoutMs`. Never hangs, not
   * even when awaited inside the loop that reads one of them.
   */
  usage(wait?: TurnWait): Promise<TurnUsage>;
  /**
   * Resolves when the whole turn is in the store and counted in the totals, or at the deadline, with the number of records and calls
   * still pending. Never rejects.
   */
  stored(wait?: TurnWait): Promise<TurnStored>;
}

/** See {@link Meter.stats}. */
export interface MeterStats extends RecorderStats {
  /**
   * Calls that have no record yet: open streams, unread answers, lookups, and background responses and assistants runs whose end
   * this process has not fetched.
   */
  readonly pending: number;
}

/**
 * Meters the calls of an app. Created by `createMeter`, usually once per process.
 *
 * @example
 * ```ts
 * const meter = createMeter({ store: sqliteStore({ path: 'usage.db' }) });
 * const openai = meter.wrap(new OpenAI());
 * ```
 */
export interface Meter {
  /**
   * Meters every call of an OpenAI client, its helpers and its `withOptions` clones, and returns the same object. Wrapping twice
   * changes nothing. With `KILOTOKEN_DISABLED=1` in the environment, `wrap` returns its argument untouched, whatever it is, such as
   * a mock in a test.
   *
   * @param client - A client of `openai` 4 to 7, including `AzureOpenAI`.
   * @throws MeterError `invalid_options` if the argument is not such a client, or is frozen or sealed.
   *
   * @example
   * ```ts
   * const openai = meter.wrap(new OpenAI());
   * ```
   */
  wrap<Client extends object>(client: Client): Client;
  /**
   * Meters a WebSocket connection: each response, and each transcription of what the user said, is one record. Adds listeners and
   * returns the same object. Observing twice changes nothing. A response in progress when the connection closes is recorded as
   * failed.
   *
   * @param connection - `OpenAIRealtimeWS`, `OpenAIRealtimeWebSocket` or `ResponsesWS` of `openai`, or a `WebSocket` that
   *   speaks their protocol.
   * @param turn - The turn that the whole connection belongs to. Default: the turn whose `run` this is called in.
   * @throws MeterError `invalid_options` if the argument has no events.
   *
   * @example
   * ```ts
   * const realtime = meter.observe(new OpenAIRealtimeWS({ model: 'gpt-realtime' }), meter.track({ userId: 'u1' }));
   * ```
   */
  observe<Connection extends object>(connection: Connection, turn?: Turn): Connection;
  /**
   * Returns a `fetch` function that meters its calls, for the AI SDK, LangChain.js or raw HTTP.
   *
   * @param base - The `fetch` to call. Default: the global one, looked up at each call.
   * @throws MeterError `invalid_options` if `base` is not a function.
   *
   * @example
   * ```ts
   * const provider = createOpenAI({ fetch: meter.fetch() });
   * ```
   */
  fetch(base?: typeof fetch): typeof fetch;
  /**
   * Creates a turn, which says whose calls these are and what they belong to. Pass it to the calls, for example as `turn.options`.
   *
   * @throws MeterError `invalid_options` if a part has the wrong type; the message names it.
   *
   * @example
   * ```ts
   * const turn = meter.track({ userId: 'u1', conversationId: 'c1', messageId: 'm1', tags: { feature: 'chat' } });
   * const stream = await openai.chat.completions.create({ model, messages, stream: true }, turn.options);
   * ```
   */
  track(attribution: Attribution): Turn;
  /**
   * Resolves when the records of all calls that have ended so far are durable in the store and counted in its totals. Does not wait
   * for open calls. Waits at most 500 ms for the usage of answers that the app has left.
   *
   * @throws MeterError `store_failed` if the store did not take the records; they stay queued and are tried again.
   * `record_rejected` if the store refused records for good since the last flush. Records dropped because the queue was full do not
   * reject it; they are counted in `stats().dropped`. `onError` was called for each refused or dropped record.
   */
  flush(): Promise<void>;
  /**
   * Counters since this meter was created, for health checks and metrics. Cheap to call.
   *
   * @example
   * ```ts
   * const { queued, oldestUnstoredMs, dropped } = meter.stats();
   * ```
   */
  stats(): MeterStats;
  /**
   * Stores what is queued, for at most `timeoutMs` (default 5000), and closes the meter. The store stays open: it belongs to the app.
   * Answers that the app has left are read on for at most 500 ms, then recorded with what has arrived.
   *
   * @returns How many records are still not stored; `onError` was called for each of them.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<{ readonly left: number }>;
}
