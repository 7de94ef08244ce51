import { createAttemptOwner } from './attempt-owner.ts';
import type { AttemptOwner } from './attempt-owner.ts';
import { createAsyncTurn } from './attribution/async-turn.ts';
import { createTurnLedger } from './attribution/turn-ledger.ts';
import type { TurnLedger } from './attribution/turn-ledger.ts';
import { createTurnRegistry } from './attribution/turn-registry.ts';
import type { RegisteredTurn } from './attribution/turn-registry.ts';
import { askAttribute } from './attribution/attribute.ts';
import { copyAttribution } from './attribution/attribution.ts';
import type { Attribution } from './attribution/attribution.ts';
import { createGraceReads } from './capture/answer/grace-reads.ts';
import type { Attempt } from './capture/attempt/attempt.ts';
import { createGenerationLookup } from './capture/attempt/generation-lookup.ts';
import { usesCertificate } from './capture/certificate-client.ts';
import { globalFetch } from './capture/global-fetch.ts';
import { createCapture, turnHeader } from './capture/metered-fetch.ts';
import { addressOf, observeConnection } from './capture/realtime/observe-connection.ts';
import { createRealtimeWatch } from './capture/realtime/realtime.ts';
import { createInjection } from './capture/request/injection.ts';
import { isClient, wrapClient } from './capture/wrap-client.ts';
import { createTurn } from './create-turn.ts';
import { MeterError } from './errors.ts';
import type { Meter } from './meter.ts';
import { createAnswerReading } from './normalize/answer-reader.ts';
import type { AnswerReading } from './normalize/answer-reader.ts';
import { estimateRequestTokens } from './normalize/estimate/estimate-request.ts';
import { checkAttribution, checkMeterOptions } from './options.ts';
import { safeTokenizer } from './normalize/estimate/safe-tokenizer.ts';
import type { MeterOptions } from './options.ts';
import { createPricer } from './pricing/pricer.ts';
import { safePricer } from './pricing/safe-pricer.ts';
import { recordCalls } from './record-calls.ts';
import { attemptOfBatchLine } from './recording/making/batch-record.ts';
import { buildRecord } from './recording/making/build-record.ts';
import { drainBeforeExit, drainOnSignals, leaveBeforeExit } from './recording/drain-at-exit.ts';
import { createJournal } from './recording/journal/create-journal.ts';
import { createRecordIds } from './recording/making/record-id.ts';
import { createRecorder, defaultTimeoutMs } from './recording/recorder.ts';
import { createRequestPromises } from './recording/request-promises.ts';
import type { UsageRecord } from './recording/usage-record.ts';
import { resolveStop } from './resolve-stop.ts';
import { safeClock } from './safe-clock.ts';
import { safeOnError } from './safe-on-error.ts';
import { waitMs } from './timer-limit.ts';

/** So long are reads waited for that go on after the app has left: as long as each takes without the `drain` policy. */
const graceMs = 500;
/** So many turns are remembered; older ones are forgotten, the least recently used first. */
const maxTurns = 10_000;

/**
 * Creates a meter. It opens and writes nothing before the first call has ended, and starts no timer before that call's answer.
 *
 * @throws MeterError `invalid_options` if an option is unknown, missing or wrong; the message names it.
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
  const onError = safeOnError(options.onError);
  const clock = safeClock(options.clock, onError);
  const price = safePricer(createPricer(options.prices), onPricesFault);
  const recorder = createRecorder({
    target: options.store,
    onError,
    clock,
    ...options.queue,
    journal: options.journal && createJournal(options.journal, onError),
    sinks: options.sinks,
    isImmediate: options.waitUntil !== undefined,
  });
  const leaving = { drainAtExit: async () => lookup?.giveUp() };
  const unread = {
    async drainAtExit() {
      void capture.dropUntouched(0);
      lookup?.giveUp();
    },
  };
  const removeSignals = drainOnSignals((options.drainOn ?? []) as readonly NodeJS.Signals[], () => close());
  const requests = createRequestPromises(options.waitUntil, recorder.whenStored, onError);
  const asyncTurn = createAsyncTurn<RegisteredTurn<TurnLedger<UsageRecord>>>();
  const turns = createTurnRegistry<TurnLedger<UsageRecord>>(maxTurns, () => globalThis.crypto.randomUUID());
  const attributeOf = askAttribute(options.attribute, checkAttribution, (cause) =>
    onError(
      new MeterError('metering_failed', 'the attribute option failed; the call is recorded without it', { cause }),
    ),
  );
  const calls = recordCalls({
    ownerOf,
    record,
    foresee: options.journal && foresee,
    attemptOfLine: (download, line) => attemptOfBatchLine(download, line, createAnswerReading()),
    requests,
  });

  const { lookupWaitsMs, grace, drains } = resolveStop(options.stop);
  const reads = createGraceReads();
  const lookup = lookupWaitsMs && createGenerationLookup(lookupWaitsMs, () => drainBeforeExit(leaving));
  const tokenizer = options.tokenizer && safeTokenizer(options.tokenizer, onTokenizerFault);
  const observed = new WeakMap<object, unknown>();
  const parts = { clock, createReader: () => createAnswerReading(tokenizer), listener: calls, onFault };
  const capture = createCapture({
    ...parts,
    newId: createRecordIds(),
    estimateRequest: (body) => estimateRequestTokens(body, tokenizer),
    injection: createInjection(options.inject ?? 'auto', options.respectExplicitFalse ?? false),
    grace: { ...grace, reads },
    endOfProcess: { await: () => drainBeforeExit(unread), leave: () => leaveBeforeExit(unread) },
    drains,
    lookup,
    currentTurn: () => asyncTurn.current()?.handle,
    readsHints: options.attribute !== undefined,
  });

  return {
    wrap(client) {
      if (isDisabled()) return client;
      if (!isClient(client)) {
        throw new MeterError(
          'invalid_options',
          'meter.wrap: the argument is not an OpenAI client (it has no fetch and post)',
        );
      }
      if (!Object.isExtensible(client)) {
        throw new MeterError(
          'invalid_options',
          'meter.wrap: the client is frozen or sealed; wrap it before you freeze or seal it',
        );
      }
      if (usesCertificate(client)) {
        const message = 'meter.wrap: a client with X.509 workload identity bypasses its fetch, so it is not metered';
        onError(new MeterError('unsupported', message));
        return client;
      }
      if (!wrapClient(client, capture)) {
        onError(
          new MeterError(
            'metering_failed',
            'meter.wrap: this client is already wrapped by another meter, which goes on metering it',
          ),
        );
      }
      return client;
    },
    observe(connection, turn) {
      if (isDisabled() || observed.has(connection)) return connection;
      const handle = turn?.options.headers[turnHeader] ?? asyncTurn.current()?.handle;
      const watch = createRealtimeWatch(addressOf(connection), handle, parts);
      if (!observeConnection(connection, watch)) {
        const message = 'meter.observe: the argument is neither a WebSocket nor a realtime client (it has no events)';
        throw new MeterError('invalid_options', message);
      }
      // As long as the connection lives, its turn does.
      observed.set(connection, turn ?? asyncTurn.current());
      return connection;
    },
    fetch(base) {
      if (base !== undefined && typeof base !== 'function') {
        throw new MeterError('invalid_options', 'meter.fetch: the argument is not a function');
      }
      const meter = isDisabled() ? (inner: typeof fetch) => inner : capture.fetch;
      return base === undefined ? globalFetch(meter) : meter(base);
    },
    track(attribution) {
      checkAttribution(attribution);
      const ledger = createTurnLedger<UsageRecord>();
      const turn = turns.add(copyAttribution(attribution), ledger);
      return createTurn({ header: turnHeader, turn, asyncTurn, whenStored: recorder.whenStored });
    },
    flush: () => reads.wait(graceMs)?.then(recorder.flush) ?? recorder.flush(),
    stats: () => ({ ...recorder.stats(), pending: calls.openCount }),
    close,
  };

  async function close({ timeoutMs = defaultTimeoutMs }: { readonly timeoutMs?: number } = {}): Promise<{
    readonly left: number;
  }> {
    const deadline = performance.now() + waitMs(timeoutMs);
    leaveBeforeExit(leaving);
    await reads.wait(Math.min(graceMs, waitMs(timeoutMs)));
    await reads.giveUp();
    await capture.dropUntouched(deadline - performance.now());
    lookup?.giveUp();
    return recorder.close({ timeoutMs: deadline - performance.now() }).finally(removeSignals);
  }

  function onPricesFault(cause: unknown): void {
    onError(
      new MeterError('metering_failed', 'the prices could not be loaded; the call is recorded as unpriced', { cause }),
    );
  }

  function onTokenizerFault(cause: unknown): void {
    onError(new MeterError('metering_failed', 'the tokenizer failed; the tokens were estimated without it', { cause }));
  }

  function onFault(cause: unknown): void {
    onError(new MeterError('metering_failed', 'a call could not be observed to its end', { cause }));
  }

  function ownerOf(attempt: Attempt): AttemptOwner {
    // A header that names no turn of ours may be a browser's, in an app that passes its headers on.
    const turn = attempt.handle === undefined ? undefined : (turns.find(attempt.handle) ?? asyncTurn.current());
    return createAttemptOwner(attempt, turn, attributeOf);
  }

  function record(attempt: Attempt<AnswerReading>, attribution: Attribution): UsageRecord | undefined {
    let made: UsageRecord | undefined;
    const failed = (cause: unknown): void => {
      const message = 'a call was observed, but its record could not be made or queued';
      onError(new MeterError('metering_failed', message, { cause }), made);
    };
    try {
      made = buildRecord(attempt, attribution, price);
      recorder.push(made);
      // A function of the app may be async whatever its type says; nobody else would hear of its rejection.
      const told: unknown = options.onRecord?.(made);
      if (told instanceof Promise) told.catch(failed);
    } catch (cause) {
      failed(cause);
    }
    return made;
  }

  function foresee(attempt: Attempt<AnswerReading>, attribution: Attribution): void {
    try {
      recorder.foresee(buildRecord({ ...attempt, endedAt: attempt.endedAt ?? clock() }, attribution, price));
    } catch {
      // The record itself will tell.
    }
  }
}

function isDisabled(): boolean {
  try {
    const setting = globalThis.process?.env['KILOTOKEN_DISABLED'];
    return setting === '1' || setting === 'true';
  } catch {
    // Deno throws where the app may not read the environment.
    return false;
  }
}
