import * as z from 'zod/mini';
import type { Attribute } from './attribution/attribute.ts';
import type { InjectMode } from './capture/injection.ts';
import { MeterError } from './errors.ts';
import { builtinModule } from './node/builtin-module.ts';
import type { PriceOptions } from './pricing/price-options.ts';
import type { JournalOptions } from './recording/journal/journal-options.ts';
import type { UsageSink } from './recording/record-sink.ts';
import type { UsageRecord } from './recording/usage-record.ts';
import type { UsageStore } from './storage/usage-store.ts';
import { longestTimerMs } from './timer-limit.ts';

/**
 * Options of `createMeter`. Only `store` is needed.
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
   * Keeps every record in a folder of append-only files before the app sees the end of the answer, so that a killed
   * process loses nothing. Default: none, records wait in memory until the store has them.
   */
  readonly journal?: JournalOptions;
  /** Get each record after the store has it; they never hold the store up. Default: none. */
  readonly sinks?: readonly UsageSink[];
  /** Prices of the app's own, before the shipped ones. Default: the shipped price cards. */
  readonly prices?: PriceOptions;
  /**
   * What to do for the usage of a stream the app leaves early: `estimate` (default) counts the text that was seen and
   * marks it; `drain` reads on, within a budget, and costs what the provider generates meanwhile; `lookup` asks
   * OpenRouter afterwards, with the app's own key, and estimates everywhere else. In all of them a stream whose end was
   * already generated is read to its usage, for at most 500 ms and 16 KiB.
   */
  readonly stop?: StopPolicy;
  /**
   * Counts the tokens of a text, for estimates: `countTokens` of `gpt-tokenizer` fits. Called only where an answer was cut
   * without its usage, with at most some kilobytes of sampled text, which are held in memory until then. Default: a
   * heuristic that holds no text, 0 to 21 percent low.
   */
  readonly tokenizer?: (text: string) => number;
  /** Whether to ask for usage on streams where the app did not. Default `auto`. */
  readonly inject?: InjectMode;
  /** Leaves requests alone in which the app itself wrote `include_usage: false`. Default false. */
  readonly respectExplicitFalse?: boolean;
  /**
   * Finds out whose a call is from its request, where no turn is handed to it: from `user`, `metadata` or a header. What
   * a turn says goes first. Default: none, since those fields are often hashed or shared.
   */
  readonly attribute?: Attribute;
  /** Bounds of the queue in front of the store. */
  readonly queue?: QueueOptions;
  /**
   * For serverless platforms: called inside the request with a promise that settles when the record is durable.
   * Default: none.
   */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /** Signals on which to drain before the process ends by that signal. Default: none, no handler is installed. */
  readonly drainOn?: readonly `SIG${string}`[];
  /** Told of each record when its call has ended, before it is stored. Default: none. */
  readonly onRecord?: (record: UsageRecord) => void;
  /** Told of everything that goes wrong while metering; the app's calls are never touched. Default: none. */
  readonly onError?: (error: MeterError, record?: UsageRecord) => void;
  /** The time. Default: the system's. */
  readonly clock?: () => Date;
}

/** See {@link MeterOptions.stop}. */
export type StopPolicy =
  | 'estimate'
  | 'drain'
  | 'lookup'
  | {
      /** Asks OpenRouter what a call came to whose answer did not say. Until it is known the call counts as pending. */
      readonly policy: 'lookup';
      /** Pauses before each try, in milliseconds. Default 1000, 2000, 4000, 8000, 16000; then it is estimated. */
      readonly waitsMs?: readonly number[];
    }
  | {
      /** Reads on after the app has left. */
      readonly policy: 'drain';
      /** At most so many bytes. Default 1 MiB. */
      readonly maxBytes?: number;
      /** At most so long, in milliseconds. Default 10000. */
      readonly timeoutMs?: number;
    };

/** See {@link MeterOptions.queue}. */
export interface QueueOptions {
  /** Records are sent at least so often, in milliseconds, 0 or more. Default 200. */
  readonly flushIntervalMs?: number;
  /** At most so many records per batch, from 1. Default 500. */
  readonly maxBatchRecords?: number;
  /**
   * Memory for records that the store has not taken yet, about: a record counts for 1 KiB, and for more where its raw usage or
   * attribution is large. Beyond it each further record is dropped, counted and told to `onError`. Default 64 MiB.
   */
  readonly maxBytes?: number;
  /** After so long without an answer a batch is sent to the store again, in milliseconds. Default 30000. */
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

/** Checks the options of `createMeter`, and throws with the name of the first wrong one. */
export function checkMeterOptions(options: unknown): void {
  check('createMeter', meterOptions(), options);
}

/** Checks what was given to `meter.track`. */
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
    const known = path === '' ? `; known are ${knownNames(expected)}` : '';
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
