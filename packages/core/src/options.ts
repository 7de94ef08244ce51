import type { Attribute } from './attribution/attribute.ts';
import type { Attribution } from './attribution/attribution.ts';
import type { InjectMode } from './capture/request/injection.ts';
import type { MeterError } from './errors.ts';
import { builtinModule } from './node/builtin-module.ts';
import { is, listOf, mapOf, members, oneOf, wholeNumber } from './option-check.ts';
import type { OptionCheck } from './option-check.ts';
import type { PriceOptions } from './pricing/price-options.ts';
import type { JournalOptions } from './recording/journal/journal-options.ts';
import type { UsageSink } from './recording/record-sink.ts';
import type { UsageRecord } from './recording/usage-record.ts';
import { aStore, isStore } from './storage/is-store.ts';
import type { UsageStore } from './storage/usage-store.ts';
import { longestTimerMs } from './timer-limit.ts';
import { invalidOption, isObject } from './wrong-option.ts';

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

const aFunction = is('a function', (value) => typeof value === 'function');
const anObject = is('an object', isObject);
const aText = is('a string', (value) => typeof value === 'string');
const bytes = wholeNumber('bytes', 0);
const milliseconds = wholeNumber('milliseconds', 0, longestTimerMs);

const policy = oneOf('drain', 'lookup');
const drain = members({ policy, maxBytes: bytes, timeoutMs: milliseconds });
const lookup = members({ policy, waitsMs: listOf('numbers', milliseconds) });
const policyName = oneOf('estimate', 'drain', 'lookup');

const meterOptions = members(
  {
    store: is(aStore, isStore),
    journal: anObject,
    sinks: listOf('sinks', is('a sink, such as jsonlSink({ path })', isSink)),
    prices: anObject,
    stop(value, at) {
      if (!isObject(value)) return policyName(value, at);
      return policy(value['policy'], `${at}.policy`) ?? (value['policy'] === 'drain' ? drain : lookup)(value, at);
    },
    inject: is('one of "auto", "always", "never", or a function', isInjectMode),
    respectExplicitFalse: is('true or false', (value) => typeof value === 'boolean'),
    attribute: aFunction,
    tokenizer: aFunction,
    queue: members({
      flushIntervalMs: milliseconds,
      maxBatchRecords: wholeNumber('records', 1),
      maxBytes: bytes,
      appendTimeoutMs: wholeNumber('milliseconds', 1, longestTimerMs),
    } satisfies Record<keyof QueueOptions, OptionCheck>),
    waitUntil: aFunction,
    drainOn: listOf('signals', is('a signal that can be caught, such as "SIGTERM"', isCatchableSignal)),
    onRecord: aFunction,
    onError: aFunction,
    clock: aFunction,
  } satisfies Record<keyof MeterOptions, OptionCheck>,
  'store',
);

const attributionParts = members({
  userId: aText,
  tenantId: aText,
  conversationId: aText,
  messageId: aText,
  tags: mapOf('strings', aText),
} satisfies Record<keyof Attribution, OptionCheck>);

/** Checks the options of `createMeter`; throws an error that names the first wrong one. */
export function checkMeterOptions(options: unknown): void {
  check('createMeter', meterOptions, options);
}

/** Checks the argument of `meter.track`, or what another one has in its place. */
export function checkAttribution(attribution: unknown, owner = 'meter.track'): void {
  check(owner, attributionParts, attribution);
}

function check(owner: string, expected: OptionCheck, value: unknown): void {
  const problem = expected(value, '');
  if (problem !== undefined) throw invalidOption(owner, problem);
}

function isInjectMode(value: unknown): boolean {
  return typeof value === 'function' || value === 'auto' || value === 'always' || value === 'never';
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
