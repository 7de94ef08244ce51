import * as z from 'zod/mini';
import type { Attribute } from './attribution/attribute.ts';
import type { InjectMode } from './capture/request/injection.ts';
import { MeterError } from './errors.ts';
import { builtinModule } from './node/builtin-module.ts';
import type { PriceOptions } from './pricing/price-options.ts';
import type { JournalOptions } from './recording/journal/journal-options.ts';
import type { UsageSink } from './recording/record-sink.ts';
import type { UsageRecord } from './recording/usage-record.ts';
import type { UsageStore } from './storage/usage-store.ts';
import { longestTimerMs } from './timer-limit.ts';

/**
 * Options of `createMeter`. Only `store` is required.
 *
 * @example
 * ```ts
 * const meter = createMeter({ store: sqliteStore({ path: 'usage.db' }), onError: (error) => logger.warn(error) });
 * ```
 */
export interface MeterOptions {
  /** Where records go: `sqliteStore`, `memoryStore`, `mongoStore` or the app's own. */
  readonly store: UsageStore;
  /**
   * Writes every record to a folder of append-only files before the app sees the end of the answer, so a killed process loses
   * no call that has ended. Default: none; records wait in memory until the store has them.
   */
  readonly journal?: JournalOptions;
  /** Receive each record after the store has it. They never delay the store. Default: none. */
  readonly sinks?: readonly UsageSink[];
  /** Your own prices, which take precedence over the shipped ones. Default: the shipped price cards. */
  readonly prices?: PriceOptions;
  /**
   * How to count a stream that the app leaves early. `estimate` (default) estimates from the text that arrived, and marks the
   * record. `drain` reads on within a budget; you pay for what the provider generates meanwhile. `lookup` asks OpenRouter
   * afterwards, with the app's own key, and estimates for other providers. With any of them, if the answer was already
   * generated, the meter reads on to its usage, for at most 500 ms and 16 KiB.
   */
  readonly stop?: StopPolicy;
  /**
   * Counts the tokens of a text, for estimates; for example `countTokens` of `gpt-tokenizer`. Called only if an answer ended
   * without its usage, with at most some kilobytes of sampled text, which are kept in memory until then. Default: a heuristic
   * that keeps no text and is 0 to 21 percent low.
   */
  readonly tokenizer?: (text: string) => number;
  /** Whether to ask for the usage of streams if the app did not. Default `auto`. */
  readonly inject?: InjectMode;
  /** Leaves requests alone in which the app itself wrote `include_usage: false`. Default false. */
  readonly respectExplicitFalse?: boolean;
  /**
   * Derives from a request whose call it is: from `user`, `metadata` or a header. A turn passed to the call takes precedence.
   * Default: none, because those fields are often hashed or shared.
   */
  readonly attribute?: Attribute;
  /** Limits of the queue in front of the store. */
  readonly queue?: QueueOptions;
  /**
   * For serverless platforms: called inside the request, with a promise that settles when the record is durable.
   * Default: none.
   */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /** Signals on which the meter drains; then the process ends by that signal. Default: none, no handler is installed. */
  readonly drainOn?: readonly `SIG${string}`[];
  /** Called with each record when its call has ended, before the record is stored. Default: none. */
  readonly onRecord?: (record: UsageRecord) => void;
  /** Called with everything that goes wrong while metering. The app's calls are never affected. Default: none. */
  readonly onError?: (error: MeterError, record?: UsageRecord) => void;
  /** Returns the current time. Default: the system clock. */
  readonly clock?: () => Date;
}

/** See {@link MeterOptions.stop}. */
export type StopPolicy =
  | 'estimate'
  | 'drain'
  | 'lookup'
  | {
      /** Asks OpenRouter for the usage of a call whose answer did not report it. Until then the call counts as pending. */
      readonly policy: 'lookup';
      /** Pause before each attempt, in milliseconds. Default 1000, 2000, 4000, 8000, 16000; after the last, the call is estimated. */
      readonly waitsMs?: readonly number[];
    }
  | {
      /** Reads on after the app has left the stream. */
      readonly policy: 'drain';
      /** Maximum number of bytes to read. Default 1 MiB. */
      readonly maxBytes?: number;
      /** Maximum time, in milliseconds. Default 10000. */
      readonly timeoutMs?: number;
    };

/** See {@link MeterOptions.queue}. */
export interface QueueOptions {
  /** Maximum time a record waits before it is sent to the store, in milliseconds, 0 or more. Default 200. */
  readonly flushIntervalMs?: number;
  /** Maximum number of records per batch, 1 or more. Default 500. */
  readonly maxBatchRecords?: number;
  /**
   * Approximate memory for records that the store has not taken yet. A record counts as 1 KiB, or more if its raw usage or
   * attribution is large. Without a journal, records beyond this are dropped, counted and reported to `onError`. Default 64 MiB.
   */
  readonly maxBytes?: number;
  /** How long to wait for the store before a batch is sent again, in milliseconds. Default 30000. */
  readonly appendTimeoutMs?: number;
}

// Built at the first check: at the import they would take longer than all the rest of it.
const meterOptions = once(() => {
  const aFunction = z.custom<(...parts: never[]) => unknown>((value) => typeof value === 'function');
  const count = z.number().check(z.int(), z.gte(0));
  const milliseconds = count.check(z.lte(longestTimerMs));
  const atLeastOne = z.number().check(z.int(), z.gte(1));
  const anObject = z.custom<object>((value) => typeof value === 'object' && value !== null);
  return z.strictObject({
    store: z.custom<UsageStore>((value) => isStore(value)),
    journal: z.optional(anObject),
    sinks: z.optional(z.array(z.custom<UsageSink>((value) => isSink(value)))),
    prices: z.optional(anObject),
    stop: z.optional(
      z.union([
        z.enum(['estimate', 'drain', 'lookup']),
        z.strictObject({ policy: z.literal('lookup'), waitsMs: z.optional(z.array(milliseconds)) }),
        z.strictObject({
          policy: z.literal('drain'),
          maxBytes: z.optional(count),
          timeoutMs: z.optional(milliseconds),
        }),
      ]),
    ),
    inject: z.optional(z.union([z.enum(['auto', 'always', 'never']), aFunction])),
    respectExplicitFalse: z.optional(z.boolean()),
    attribute: z.optional(aFunction),
    tokenizer: z.optional(aFunction),
    queue: z.optional(
      z.strictObject({
        flushIntervalMs: z.optional(milliseconds),
        maxBatchRecords: z.optional(atLeastOne),
        maxBytes: z.optional(count),
        appendTimeoutMs: z.optional(atLeastOne.check(z.lte(longestTimerMs))),
      }),
    ),
    waitUntil: z.optional(aFunction),
    drainOn: z.optional(z.array(z.custom<NodeJS.Signals>((value) => isCatchableSignal(value)))),
    onRecord: z.optional(aFunction),
    onError: z.optional(aFunction),
    clock: z.optional(aFunction),
  });
});

const attributionSchema = once(() =>
  z.strictObject({
    userId: z.optional(z.string()),
    tenantId: z.optional(z.string()),
    conversationId: z.optional(z.string()),
    messageId: z.optional(z.string()),
    tags: z.optional(z.record(z.string(), z.optional(z.string()))),
  }),
);

function once<Schema>(build: () => Schema): () => Schema {
  let built: Schema | undefined;
  return () => (built ??= build());
}

/** Checks the options of `createMeter`; throws an error that names the first wrong one. */
export function checkMeterOptions(options: unknown): void {
  check('createMeter', meterOptions(), options);
}

/** Checks the argument of `meter.track`. */
export function checkAttribution(attribution: unknown): void {
  check('meter.track', attributionSchema(), attribution);
}

function check(what: string, expected: z.ZodMiniType, value: unknown): void {
  const result = expected.safeParse(value);
  if (result.success) return;
  // A misspelt name often leaves another one missing: the misspelling is the news.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => `"${path === '' ? key : `${path}.${key}`}"`).join(', ');
    const known = path === '' ? `; known options are ${knownNames(expected)}` : '';
    throw new MeterError('invalid_options', `${what}: unknown option ${names}${known}`);
  }
  const found = valueAt(value, issue?.path ?? []);
  const problem = found === undefined ? 'is missing' : `has a wrong value: ${describe(found)}`;
  throw new MeterError('invalid_options', `${what}: ${path === '' ? 'the argument' : `option "${path}"`} ${problem}`);
}

function knownNames(expected: z.ZodMiniType): string {
  return 'shape' in expected.def ? Object.keys(expected.def.shape as object).join(', ') : 'none';
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) at = (at as Record<PropertyKey, unknown> | undefined)?.[key];
  return at;
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'an array' : 'an object of another shape';
  return JSON.stringify(value) ?? String(value);
}

function isStore(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const store = value as Record<string, unknown>;
  return ['append', 'totals', 'series', 'records', 'close'].every((name) => typeof store[name] === 'function');
}

function isSink(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { write, close } = value as Record<string, unknown>;
  return typeof write === 'function' && (close === undefined || typeof close === 'function');
}

/** A misspelt signal never comes, and these two never reach the process: either way nothing would be drained. */
function isCatchableSignal(value: unknown): boolean {
  if (typeof value !== 'string' || value === 'SIGKILL' || value === 'SIGSTOP') return false;
  const known: object | undefined = builtinModule('node:os')?.constants?.signals;
  return known === undefined ? value.startsWith('SIG') : Object.hasOwn(known, value);
}
