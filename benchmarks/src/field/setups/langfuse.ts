import type OpenAI from 'openai';
import { clientClass, seenRecord } from '../setup.ts';
import type { SetUp } from '../setup.ts';
import { CountingExporter } from './counting-exporter.ts';

interface Wrapper {
  observeOpenAI(client: OpenAI): OpenAI;
}

interface Otel {
  LangfuseSpanProcessor: new (options: Record<string, unknown>) => { forceFlush(): Promise<void> };
}

interface Tracing {
  NodeTracerProvider: new (options: Record<string, unknown>) => { register(): void };
}

/** `@langfuse/openai` with its own span processor, in its default batches. */
export const langfuse: SetUp = ({ load }) => {
  // Its counts exclude the parts: `input` and `input_cached_tokens` make up the input.
  const exporter = new CountingExporter(({ attributes }) => {
    const text = attributes['langfuse.observation.usage_details'];
    if (typeof text !== 'string') return {};
    const details = JSON.parse(text) as Readonly<Record<string, number>>;
    const sum = (word: string): number | undefined =>
      details[word] === undefined
        ? undefined
        : Object.entries(details).reduce((total, [name, count]) => (name.startsWith(word) ? total + count : total), 0);
    return seenRecord(sum('input'), sum('output'));
  });
  const processor = new (load('@langfuse/otel') as Otel).LangfuseSpanProcessor({
    publicKey: 'pk-lf-test',
    secretKey: 'sk-lf-test',
    baseUrl: 'http://127.0.0.1:9',
    exporter,
  });
  new (load('@opentelemetry/sdk-trace-node') as Tracing).NodeTracerProvider({ spanProcessors: [processor] }).register();
  const { observeOpenAI } = load('@langfuse/openai') as Wrapper;
  const Client = clientClass(load('openai'));
  return {
    client: (options) => observeOpenAI(new Client(options)),
    flush: () => processor.forceFlush(),
    taken: () => exporter.taken(),
  };
};
