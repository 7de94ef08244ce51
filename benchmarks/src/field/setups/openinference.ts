import { clientClass, seenRecord } from '../setup.ts';
import type { SetUp } from '../setup.ts';
import { CountingExporter } from './counting-exporter.ts';

interface Instrumentation {
  OpenAIInstrumentation: new (options: Record<string, unknown>) => { manuallyInstrument(module: unknown): void };
}

interface Tracing {
  BatchSpanProcessor: new (exporter: CountingExporter) => { forceFlush(): Promise<void> };
  NodeTracerProvider: new (options: Record<string, unknown>) => { register(): void };
}

/** `@arizeai/openinference-instrumentation-openai` with a batch processor. */
export const openinference: SetUp = ({ load }) => {
  const exporter = new CountingExporter(({ attributes }) =>
    seenRecord(attributes['llm.token_count.prompt'], attributes['llm.token_count.completion']),
  );
  const tracing = load('@opentelemetry/sdk-trace-node') as Tracing;
  const processor = new tracing.BatchSpanProcessor(exporter);
  const tracerProvider = new tracing.NodeTracerProvider({ spanProcessors: [processor] });
  tracerProvider.register();
  const { OpenAIInstrumentation } = load('@arizeai/openinference-instrumentation-openai') as Instrumentation;
  const module = load('openai');
  new OpenAIInstrumentation({ tracerProvider }).manuallyInstrument(clientClass(module));
  const Client = clientClass(module);
  return {
    client: (options) => new Client(options),
    flush: () => processor.forceFlush(),
    taken: () => exporter.taken(),
  };
};
