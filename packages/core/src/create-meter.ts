import { askAttribute } from './attribution/attribute.ts';
import { copyAttribution } from './attribution/attribution.ts';
import { createAsyncTurn } from './attribution/async-turn.ts';
import { createTurnLedger } from './attribution/turn-ledger.ts';
import type { TurnLedger } from './attribution/turn-ledger.ts';
import { createTurnRegistry } from './attribution/turn-registry.ts';
import type { RegisteredTurn } from './attribution/turn-registry.ts';
import type { Attempt } from './capture/attempt/attempt.ts';
import { createGenerationLookup } from './capture/attempt/generation-lookup.ts';
import { createGraceReads } from './capture/answer/grace-reads.ts';
import { createInjection } from './capture/request/injection.ts';
import { createCapture, turnHeader } from './capture/metered-fetch.ts';
import { MeterError } from './errors.ts';
import type { Meter } from './meter.ts';
import { createAttemptOwner } from './meter/attempt-owner.ts';
import type { AttemptOwner } from './meter/attempt-owner.ts';
import { createEntrances } from './meter/entrances.ts';
import { createTurn } from './meter/create-turn.ts';
import { recordCalls } from './meter/record-calls.ts';
import { graceMs, resolveStop } from './meter/resolve-stop.ts';
import { safeClock } from './meter/safe-clock.ts';
import { safeOnError } from './meter/safe-on-error.ts';
import { createAnswerReading } from './normalize/answer-reader.ts';
import { estimateRequestTokens } from './normalize/estimate/estimate-request.ts';
import { safeTokenizer } from './normalize/estimate/safe-tokenizer.ts';
import { checkAttribution, checkMeterOptions } from './options.ts';
import type { MeterOptions } from './options.ts';
import { createPricer } from './pricing/pricer.ts';
import { safePricer } from './pricing/safe-pricer.ts';
import { drainBeforeExit, drainOnSignals, leaveBeforeExit } from './recording/drain-at-exit.ts';
import { createJournal } from './recording/journal/create-journal.ts';
import { createRecordIds } from './recording/making/record-id.ts';
import { createRecorder, defaultTimeoutMs } from './recording/recorder.ts';
import { createRequestPromises } from './recording/request-promises.ts';
import type { UsageRecord } from './recording/usage-record.ts';
import { timeoutOf } from './timer-limit.ts';

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
  const meteringFailed = (message: string) => (cause: unknown) =>
    onError(new MeterError('metering_failed', message, { cause }));
  const price = safePricer(
    createPricer(options.prices),
    meteringFailed('the prices could not be loaded; the call is recorded as unpriced'),
  );
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
  const turns = createTurnRegistry<TurnLedger<UsageRecord>>(maxTurns);
  const attributeOf = askAttribute(options.attribute, checkAttribution, (cause) => {
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    meteringFailed(`the attribute option failed; the call is recorded without it${reason}`)(cause);
  });
  const calls = recordCalls({
    ownerOf,
    price,
    clock,
    recorder,
    foresees: options.journal !== undefined,
    requests,
    onRecord: options.onRecord,
    onError,
  });

  const { lookupWaitsMs, grace, drains } = resolveStop(options.stop);
  const reads = createGraceReads();
  const lookup = lookupWaitsMs && createGenerationLookup(lookupWaitsMs, () => drainBeforeExit(leaving));
  const tokenizer =
    options.tokenizer &&
    safeTokenizer(options.tokenizer, meteringFailed('the tokenizer failed; the tokens were estimated without it'));
  const watching = {
    clock,
    createReader: () => createAnswerReading(tokenizer),
    listener: calls,
    onFault: meteringFailed('a call could not be observed to its end'),
  };
  const capture = createCapture({
    ...watching,
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
    ...createEntrances(capture, watching, asyncTurn.current, onError),
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

  async function close(wait?: { readonly timeoutMs?: number }): Promise<{ readonly left: number }> {
    const timeoutMs = timeoutOf(wait, defaultTimeoutMs);
    const deadline = performance.now() + timeoutMs;
    leaveBeforeExit(leaving);
    await reads.wait(Math.min(graceMs, timeoutMs));
    await reads.giveUp();
    await capture.dropUntouched(deadline - performance.now());
    lookup?.giveUp();
    return recorder.close({ timeoutMs: deadline - performance.now() }).finally(removeSignals);
  }

  function ownerOf(attempt: Attempt): AttemptOwner {
    // A header that names no turn of ours may be a browser's, in an app that passes its headers on.
    const turn = attempt.handle === undefined ? undefined : (turns.find(attempt.handle) ?? asyncTurn.current());
    return createAttemptOwner(attempt, turn, attributeOf);
  }
}
