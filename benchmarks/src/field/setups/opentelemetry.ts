import { clientClass, seenRecord } from '../setup.ts';
import type { SetUp } from '../setup.ts';
import { CountingExporter } from './counting-exporter.ts';

interface Instrumentation {
  OpenAIInstrumentation: new () => {
    setTracerProvider(provider: unknown): void;
    setMeterProvider(provider: unknown): void;
  };
}

interface Tracing {
  BatchSpanProcessor: new (options: Record<string, unknown>) => { forceFlush(): Promise<void> };
  TracerProvider: new (options: Record<string, unknown>) => object;
}

interface Metrics {
  MeterProvider: new () => object;
}

/** `@opentelemetry/instrumentation-openai` with a batch processor; it finds the SDK when that is loaded. */
export const opentelemetry: SetUp = ({ load }) => {
  const exporter = new CountingExporter(({ attributes }) =>
    seenRecord(attributes['gen_ai.usage.input_tokens'], attributes['gen_ai.usage.output_tokens']),
  );
  const tracing = load('@opentelemetry/sdk-trace') as Tracing;
  const processor = new tracing.BatchSpanProcessor({ exporter });
  const instrumentation = new (
    load('@opentelemetry/instrumentation-openai') as Instrumentation
  ).OpenAIInstrumentation();
  instrumentation.setTracerProvider(new tracing.TracerProvider({ spanProcessors: [processor] }));
  instrumentation.setMeterProvider(new (load('@opentelemetry/sdk-metrics') as Metrics).MeterProvider());
  const Client = clientClass(load('openai'));
  return {
    client: (options) => new Client(options),
    flush: () => processor.forceFlush(),
    taken: () => exporter.taken(),
  };
};
