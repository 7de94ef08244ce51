import { createAsyncTurn } from './attribution/async-turn.ts';
import { createTurnLedger } from './attribution/turn-ledger.ts';
import type { TurnLedger } from './attribution/turn-ledger.ts';
import { createTurnRegistry } from './attribution/turn-registry.ts';
import type { Attribution } from './attribution/attribution.ts';
import type { Attempt } from './capture/attempt.ts';
import { createInjection } from './capture/injection.ts';
import { createCapture, turnHeader } from './capture/metered-fetch.ts';
import { isClient, wrapClient } from './capture/wrap-client.ts';
import { createTurn } from './create-turn.ts';
import { MeterError } from './errors.ts';
import type { Meter } from './meter.ts';
import { createAnswerReading } from './normalize/answer-reader.ts';
import type { AnswerReading } from './normalize/answer-reader.ts';
import { estimateRequestTokens } from './normalize/estimate-request.ts';
import { checkAttribution, checkMeterOptions } from './options.ts';
import type { MeterOptions, StopPolicy } from './options.ts';
import { createPricer } from './pricing/pricer.ts';
import { recordCalls } from './record-calls.ts';
import type { AttemptOwner } from './record-calls.ts';
import { buildRecord } from './recording/build-record.ts';
import { createJournal } from './recording/journal.ts';
import { createRecordIds } from './recording/record-id.ts';
import { createRecorder } from './recording/recorder.ts';
import { createRequestPromises } from './recording/request-promises.ts';
import type { UsageRecord } from './recording/usage-record.ts';

/** So many turns are remembered; older ones are forgotten, the least recently used first. */
const maxTurns = 10_000;

/**
 * Builds a meter. Opens nothing, writes nothing and starts no timer before the first call has ended.
 *
 * @throws MeterError `invalid_options` where an option is unknown, missing or wrong, naming it.
 *
 * @example
 * ```ts
 * const meter = createMeter({ store: sqliteStore({ path: 'usage.db' }) });
 * const openai = meter.wrap(new OpenAI());
 * const turn = meter.track({ userId: 'u1' });
 * await openai.chat.completions.create({ model, messages }, turn.options);
 * await turn.stored();
 * ```
 */
export function createMeter(options: MeterOptions): Meter {
  checkMeterOptions(options);
  const clock = options.clock ?? (() => new Date());
  const onError = quiet(options.onError);
  const price = createPricer(options.prices);
  const recorder = createRecorder({
    target: options.store,
    onError,
    ...options.queue,
    journal: options.journal && createJournal(options.journal, onError),
    sinks: options.sinks,
    drainOn: options.drainOn,
    isImmediate: options.waitUntil !== undefined,
  });
  const requests = createRequestPromises(options.waitUntil, recorder.whenStored, onError);
  const asyncTurn = createAsyncTurn();
  const turns = createTurnRegistry<TurnLedger<UsageRecord>>(maxTurns, () => globalThis.crypto.randomUUID());
  const calls = recordCalls({ ownerOf, record, requests });

  const capture = createCapture({
    clock,
    newId: createRecordIds(),
    createReader: createAnswerReading,
    estimateRequest: estimateRequestTokens,
    listener: calls,
    injection: createInjection(options.inject ?? 'auto', options.respectExplicitFalse ?? false),
    ...stopOf(options.stop),
    currentTurn: asyncTurn.current,
    onFault: (error) =>
      onError(new MeterError('metering_failed', 'a call could not be observed to its end', { cause: error })),
  });

  return {
    wrap(client) {
      if (!isClient(client)) {
        throw new MeterError(
          'invalid_options',
          'meter.wrap: the argument is not an OpenAI client (it has no fetch and post)',
        );
      }
      if (isDisabled()) return client;
      if (!wrapClient(client, capture)) {
        onError(
          new MeterError(
            'metering_failed',
            'meter.wrap: another meter has this client already; it stays with that one',
          ),
        );
      }
      return client;
    },
    fetch: (base) => (isDisabled() ? (base ?? globalThis.fetch) : capture.fetch(base ?? globalThis.fetch)),
    track(attribution) {
      checkAttribution(attribution);
      const ledger = createTurnLedger<UsageRecord>();
      const handle = turns.add(structuredClone(attribution), ledger);
      return createTurn({ header: turnHeader, handle, ledger, asyncTurn, whenStored: recorder.whenStored });
    },
    flush: recorder.flush,
    stats: () => ({ ...recorder.stats(), pending: calls.openCount }),
    close: recorder.close,
  };

  function ownerOf({ handle }: Attempt): AttemptOwner {
    const turn = handle === undefined ? undefined : turns.find(handle);
    return { attribution: turn?.attribution ?? {}, ledger: turn?.ledger };
  }

  function record(attempt: Attempt<AnswerReading>, attribution: Attribution): UsageRecord | undefined {
    let made: UsageRecord | undefined;
    try {
      made = buildRecord(attempt, attribution, price);
      recorder.push(made);
      options.onRecord?.(made);
    } catch (cause) {
      const message = 'a call was observed, but something threw on the way to its record';
      onError(new MeterError('metering_failed', message, { cause }), made);
    }
    return made;
  }
}

/** An `onError` that may throw without harm. */
function quiet(onError: MeterOptions['onError']): NonNullable<MeterOptions['onError']> {
  return (error, record) => {
    try {
      onError?.(error, record);
    } catch {
      // The app's own reporting failed; there is nobody left to tell.
    }
  };
}

function stopOf(stop: StopPolicy | undefined): { grace: { timeoutMs: number; maxBytes: number }; drains: boolean } {
  if (stop === undefined || stop === 'estimate')
    return { grace: { timeoutMs: 500, maxBytes: 16 * 1024 }, drains: false };
  const budget: { readonly timeoutMs?: number; readonly maxBytes?: number } = stop === 'drain' ? {} : stop;
  return { grace: { timeoutMs: budget.timeoutMs ?? 10_000, maxBytes: budget.maxBytes ?? 1024 * 1024 }, drains: true };
}

function isDisabled(): boolean {
  const setting = globalThis.process?.env['KILOTOKEN_DISABLED'];
  return setting === '1' || setting === 'true';
}
