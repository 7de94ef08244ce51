import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { createMeter } from '../../src/create-meter.ts';
import { otelSink } from '../../src/otel/index.ts';
import type { OtelSinkOptions } from '../../src/otel/index.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { fakeProvider } from '../../src/testing/fake-provider.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

afterEach(() => metrics.disable());

describe('gen_ai.client.token.usage', () => {
  test('is a histogram of tokens by type, under the standard names', async () => {
    const { meterProvider, exported } = realSdk();
    const sink = otelSink({ meterProvider });
    await sink.write([usageRecord({ id: 'a' }), usageRecord({ id: 'b' })]);
    const { descriptor, dataPoints } = await exported('gen_ai.client.token.usage');
    expect(descriptor).toMatchObject({ name: 'gen_ai.client.token.usage', unit: '{token}', type: 'HISTOGRAM' });
    const standard = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.response.model': 'gpt-5-mini-2026-08-07',
    };
    expect(dataPoints.map(({ attributes, value }) => ({ attributes, value }))).toEqual([
      {
        attributes: { ...standard, 'gen_ai.token.type': 'input' },
        value: expect.objectContaining({ count: 2, sum: 400, min: 200, max: 200 }),
      },
      {
        attributes: { ...standard, 'gen_ai.token.type': 'output' },
        value: expect.objectContaining({ count: 2, sum: 200 }),
      },
    ]);
    expect(dataPoints[0]?.value).toMatchObject({
      buckets: {
        boundaries: [
          1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
        ],
      },
    });
  });

  test('has no point for a count nobody knows, and one for an explicit 0', async () => {
    const { meterProvider, exported } = realSdk();
    const missing = usageRecord({ id: 'a', origin: 'missing', tokens: {}, cost: { basis: 'unpriced' } });
    await otelSink({ meterProvider }).write([missing, usageRecord({ id: 'b', tokens: { outputTokens: 0 } })]);
    const { dataPoints } = await exported('gen_ai.client.token.usage');
    expect(dataPoints).toMatchObject([{ attributes: { 'gen_ai.token.type': 'output' }, value: { count: 1, sum: 0 } }]);
  });

  test('tells estimated counts apart', async () => {
    const { meterProvider, exported } = realSdk();
    const estimated = usageRecord({ id: 'a', origin: 'estimated', tokens: { inputTokens: 5 } });
    await otelSink({ meterProvider }).write([estimated, usageRecord({ id: 'b', tokens: { inputTokens: 7 } })]);
    const { dataPoints } = await exported('gen_ai.client.token.usage');
    expect(dataPoints.map(({ attributes }) => attributes['kilotoken.usage.origin'])).toEqual(['estimated', undefined]);
  });

  test.for([
    ['openai', 'responses', 'openai', 'chat'],
    ['azure', 'completions', 'azure.ai.openai', 'text_completion'],
    ['mistral', 'embeddings', 'mistral_ai', 'embeddings'],
    ['google', 'chat', 'gcp.gen_ai', 'chat'],
    ['x-ai', 'images', 'x_ai', 'images'],
    ['llm.internal', 'chat', 'llm.internal', 'chat'],
  ] as const)('calls %s %s by their standard names', async ([provider, operation, providerName, operationName]) => {
    const { meterProvider, exported } = realSdk();
    await otelSink({ meterProvider }).write([usageRecord({ provider, operation })]);
    const { dataPoints } = await exported('gen_ai.client.token.usage');
    expect(dataPoints[0]?.attributes).toMatchObject({
      'gen_ai.provider.name': providerName,
      'gen_ai.operation.name': operationName,
    });
  });
});

describe('the other metrics', () => {
  test('add the cost up in dollars, by its basis', async () => {
    const { meterProvider, exported } = realSdk();
    await otelSink({ meterProvider }).write([
      usageRecord({ id: 'a' }),
      usageRecord({ id: 'b' }),
      usageRecord({ id: 'c', cost: { basis: 'provider', picoUsd: 2_000_000_000_000 } }),
      usageRecord({ id: 'd', cost: { basis: 'unpriced' } }),
    ]);
    const { descriptor, dataPoints } = await exported('kilotoken.client.cost');
    expect(descriptor.unit).toBe('{USD}');
    expect(dataPoints.map(({ attributes, value }) => [attributes['kilotoken.cost.basis'], value])).toEqual([
      ['card', 0.0005],
      ['provider', 2],
    ]);
  });

  test('count records by origin, outcome and basis', async () => {
    const { meterProvider, exported } = realSdk();
    const lost = { origin: 'missing', outcome: 'failed', tokens: {}, cost: { basis: 'unpriced' } } as const;
    await otelSink({ meterProvider }).write([usageRecord({ id: 'a' }), usageRecord({ id: 'b', ...lost })]);
    const { dataPoints } = await exported('kilotoken.client.records');
    expect(dataPoints).toMatchObject([
      { attributes: { 'kilotoken.usage.origin': 'reported', 'kilotoken.usage.outcome': 'completed' }, value: 1 },
      { attributes: { 'kilotoken.usage.origin': 'missing', 'kilotoken.cost.basis': 'unpriced' }, value: 1 },
    ]);
  });

  test('leave corrections out', async () => {
    const { meterProvider, exported } = realSdk();
    const correction = {
      kind: 'adjustment',
      tokens: { inputTokens: -200 },
      cost: { picoUsd: -1, basis: 'card' },
    } as const;
    await otelSink({ meterProvider }).write([usageRecord({ id: 'a' }), usageRecord({ id: 'b', ...correction })]);
    expect((await exported('kilotoken.client.records')).dataPoints).toMatchObject([{ value: 1 }]);
    expect((await exported('kilotoken.client.cost')).dataPoints).toMatchObject([{ value: 0.00025 }]);
  });
});

describe('attributes', () => {
  test('name nobody by default', async () => {
    const { meterProvider, all } = realSdk();
    const attribution = { userId: 'secret-1', tenantId: 'secret-2', messageId: 'secret-3', tags: { plan: 'secret-4' } };
    await otelSink({ meterProvider }).write([usageRecord({ attribution })]);
    expect(JSON.stringify(await all())).not.toContain('secret');
  });

  test('are added by the app, which cannot rename the standard ones', async () => {
    const { meterProvider, exported } = realSdk();
    const attributes: OtelSinkOptions['attributes'] = ({ attribution }) => ({
      tenant: attribution.tenantId,
      'gen_ai.provider.name': 'mine',
    });
    await otelSink({ meterProvider, attributes }).write([usageRecord({ attribution: { tenantId: 't1' } })]);
    const { dataPoints } = await exported('gen_ai.client.token.usage');
    expect(dataPoints[0]?.attributes).toMatchObject({ tenant: 't1', 'gen_ai.provider.name': 'openai' });
  });

  test('that fail count nothing of the batch, so that its repetition counts once', async () => {
    const { meterProvider, exported } = realSdk();
    let fails = true;
    const attributes = ({ id }: { id: string }) => {
      if (id === 'b' && fails) throw new Error('no attributes today');
      return {};
    };
    const sink = otelSink({ meterProvider, attributes });
    const batch = [usageRecord({ id: 'a' }), usageRecord({ id: 'b' })];
    await expect(sink.write(batch)).rejects.toThrow('no attributes today');
    fails = false;
    await sink.write(batch);
    expect((await exported('kilotoken.client.records')).dataPoints).toMatchObject([{ value: 2 }]);
  });
});

test('a call is measured by the provider that was registered after the meter was made', async () => {
  const provider = await fakeProvider();
  const meter = createMeter({ store: memoryStore(), sinks: [otelSink()] });
  const { meterProvider, exported } = realSdk();
  metrics.setGlobalMeterProvider(meterProvider);
  const answer = await meter.fetch()(`${provider.baseURL}/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'text-embedding-3-small', input: 'Hi' }),
  });
  await answer.json();
  await meter.close();
  await provider.close();
  const { dataPoints } = await exported('gen_ai.client.token.usage');
  expect(dataPoints[0]?.attributes).toMatchObject({
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.request.model': 'text-embedding-3-small',
  });
});

test('a meter of the app is used as it is', async () => {
  const { meterProvider, all } = realSdk();
  await otelSink({ meter: meterProvider.getMeter('of-the-app') }).write([usageRecord()]);
  expect((await all()).map(({ scope }) => scope)).toEqual(['of-the-app', 'of-the-app', 'of-the-app']);
});

test.for<[string, unknown]>([
  ['options', null],
  ['meters', { meters: 1 }],
  ['meter', { meter: {} }],
  ['meterProvider', { meterProvider: 1 }],
  ['attributes', { attributes: {} }],
])('a wrong option throws at once and names %s', ([field, options]) => {
  expect(() => otelSink(options as OtelSinkOptions)).toThrow(
    expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(field) }),
  );
});

/** The real SDK, exporting to memory. */
function realSdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => meterProvider.shutdown());
  const all = async (): Promise<(MetricData & { scope: string })[]> => {
    exporter.reset();
    await meterProvider.forceFlush();
    return exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap((scope) => scope.metrics.map((metric) => ({ ...metric, scope: scope.scope.name })));
  };
  const exported = async (name: string): Promise<MetricData> => {
    const found = (await all()).find(({ descriptor }) => descriptor.name === name);
    if (found === undefined) throw new Error(`no metric ${name}`);
    return found;
  };
  return { meterProvider, all, exported };
}
