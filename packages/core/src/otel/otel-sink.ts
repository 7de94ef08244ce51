import { MeterError } from '../errors.ts';
import type { UsageSink } from '../recording/record-sink.ts';
import type { UsageRecord } from '../recording/usage-record.ts';
import { genAiAttributes } from './gen-ai-attributes.ts';
import type { AttributesLike, MeterLike, MeterProviderLike } from './meter-like.ts';

/** Options of {@link otelSink}. */
export interface OtelSinkOptions {
  /** The meter that creates the instruments. Default: a meter of `meterProvider`. */
  readonly meter?: MeterLike;
  /** Default: the global provider of `@opentelemetry/api` at the time of the first record. */
  readonly meterProvider?: MeterProviderLike;
  /**
   * Returns further attributes for a record, for example its tenant. Every distinct value is a time series of its own, so do not use ids of
   * users or conversations. Default: none.
   */
  readonly attributes?: (record: UsageRecord) => AttributesLike;
}

interface Instruments {
  readonly tokens: ReturnType<MeterLike['createHistogram']>;
  readonly cost: ReturnType<MeterLike['createCounter']>;
  readonly records: ReturnType<MeterLike['createCounter']>;
}

/** What one record adds. */
interface Measurement {
  readonly record: UsageRecord;
  readonly attributes: AttributesLike;
}

const tokenBoundaries = Array.from({ length: 14 }, (_, power) => 4 ** power);
const picoUsdPerUsd = 1e12;

/**
 * Turns each stored record into OpenTelemetry metrics:
 *
 * - `gen_ai.client.token.usage`, a histogram in `{token}` by `gen_ai.token.type` (`input`, `output`), with the standard
 *   attribute names. Estimated counts also carry `kilotoken.usage.origin: 'estimated'`; unknown counts are not recorded.
 * - `kilotoken.client.cost`, a counter in `{USD}`, by `kilotoken.cost.basis`; a float, for dashboards and not for bills.
 * - `kilotoken.client.records`, a counter, by `kilotoken.usage.origin`, `kilotoken.usage.outcome` and
 *   `kilotoken.cost.basis`: how much of the traffic is missing, estimated or unpriced.
 *
 * Corrections (`kind: 'adjustment'`) are not calls and are left out. By default no user, conversation or tag is exported.
 *
 * @throws `MeterError` with `invalid_options` for a wrong option. `write` rejects with `unsupported` if it needs the global provider
 * and `@opentelemetry/api` is not installed.
 * @example
 * ```ts
 * import { otelSink } from '@kilotoken/core/otel';
 * const meter = createMeter({ store, sinks: [otelSink()] });
 * ```
 */
export function otelSink(options: OtelSinkOptions = {}): UsageSink & Required<Pick<UsageSink, 'name'>> {
  const { meter, meterProvider, attributes } = checkOptions(options);
  let instruments: Instruments | undefined;

  return {
    name: 'otel',
    async write(records) {
      // Late: until the app has registered a provider, the API hands out meters that do nothing.
      instruments ??= createInstruments(
        meter ?? (meterProvider ?? (await globalProvider())).getMeter('@kilotoken/core'),
      );
      // All of the app's code runs first: where it throws, nothing of the batch was counted, and it may come again.
      const measurements = records
        .filter(({ kind }) => kind === 'usage')
        .map((record): Measurement => ({
          record,
          attributes: { ...attributes?.(record), ...genAiAttributes(record) },
        }));
      for (const measurement of measurements) measure(measurement, instruments);
    },
  };
}

function measure({ record, attributes }: Measurement, instruments: Instruments): void {
  const { cost, origin, outcome, tokens } = record;
  const basis = { 'kilotoken.cost.basis': cost.basis };
  const counted = origin === 'estimated' ? { ...attributes, 'kilotoken.usage.origin': origin } : attributes;
  const count = (type: 'input' | 'output', value: number | undefined): void => {
    if (value !== undefined) instruments.tokens.record(value, { ...counted, 'gen_ai.token.type': type });
  };
  count('input', tokens.inputTokens);
  count('output', tokens.outputTokens);
  if (cost.picoUsd !== undefined) instruments.cost.add(cost.picoUsd / picoUsdPerUsd, { ...attributes, ...basis });
  instruments.records.add(1, {
    ...attributes,
    ...basis,
    'kilotoken.usage.origin': origin,
    'kilotoken.usage.outcome': outcome,
  });
}

async function globalProvider(): Promise<MeterProviderLike> {
  try {
    const { metrics } = await import('@opentelemetry/api');
    return metrics.getMeterProvider();
  } catch (cause) {
    throw new MeterError(
      'unsupported',
      'otelSink needs the package @opentelemetry/api, or the option meter or meterProvider',
      {
        cause,
      },
    );
  }
}

function createInstruments(meter: MeterLike): Instruments {
  return {
    tokens: meter.createHistogram('gen_ai.client.token.usage', {
      description: 'Number of input and output tokens used.',
      unit: '{token}',
      advice: { explicitBucketBoundaries: tokenBoundaries },
    }),
    cost: meter.createCounter('kilotoken.client.cost', { description: 'Cost of priced calls.', unit: '{USD}' }),
    records: meter.createCounter('kilotoken.client.records', {
      description: 'Recorded attempts of calls.',
      unit: '{record}',
    }),
  };
}

function checkOptions(options: OtelSinkOptions): OtelSinkOptions {
  if (typeof options !== 'object' || options === null) throw invalid('options must be an object');
  for (const key of Object.keys(options)) {
    if (!['meter', 'meterProvider', 'attributes'].includes(key)) throw invalid(`unknown option "${key}"`);
  }
  const { meter, meterProvider, attributes } = options;
  if (meter !== undefined && typeof meter.createHistogram !== 'function') throw invalid('meter must be a Meter');
  if (meterProvider !== undefined && typeof meterProvider.getMeter !== 'function') {
    throw invalid('meterProvider must be a MeterProvider');
  }
  if (attributes !== undefined && typeof attributes !== 'function') throw invalid('attributes must be a function');
  return options;
}

function invalid(problem: string): MeterError {
  return new MeterError('invalid_options', `otelSink: ${problem}`);
}
