/** Who takes part, beside the bare client and this project, and with what. */
export interface Peer {
  readonly name: string;
  /** Major of `openai` it accepts: its figures are set against the bare client of the same major. */
  readonly major: 6 | 7;
  /** What its README tells an app to install beside `openai`, at exact versions. */
  readonly packages: readonly string[];
  /** What an app of its own imports, for the time that takes. */
  readonly entries: readonly string[];
}

/** The newest release of a major that was measured; 7 is the one of the workspace. */
export const sdkVersions = { 6: '6.49.0', 7: '7.57.0' } as const;

/** What the peers' own dependencies resolve to: their newest releases on this day. */
export const resolvedOn = '2026-11-23';

export const peers: readonly Peer[] = [
  {
    name: 'langfuse',
    major: 7,
    packages: [
      '@langfuse/openai@5.11.1',
      '@langfuse/otel@5.11.1',
      '@opentelemetry/sdk-trace-node@2.12.1',
      // Its peers, in the newest versions that go together.
      '@opentelemetry/api@1.9.1',
      '@opentelemetry/exporter-trace-otlp-http@0.223.1',
    ],
    entries: ['@langfuse/openai', '@langfuse/otel', '@opentelemetry/sdk-trace-node'],
  },
  { name: 'langsmith', major: 7, packages: ['langsmith@0.12.0'], entries: ['langsmith', 'langsmith/wrappers/openai'] },
  {
    name: 'posthog',
    major: 6,
    packages: ['@posthog/ai@8.13.1', 'posthog-node@5.70.0'],
    entries: ['@posthog/ai/openai', 'posthog-node'],
  },
  { name: 'braintrust', major: 7, packages: ['braintrust@3.35.0'], entries: ['braintrust'] },
  {
    name: 'openinference',
    major: 7,
    packages: ['@arizeai/openinference-instrumentation-openai@4.2.7', '@opentelemetry/sdk-trace-node@2.12.1'],
    entries: ['@arizeai/openinference-instrumentation-openai', '@opentelemetry/sdk-trace-node'],
  },
  {
    name: 'opentelemetry',
    major: 6,
    packages: [
      '@opentelemetry/instrumentation-openai@0.22.0',
      '@opentelemetry/sdk-trace@3.1.1',
      '@opentelemetry/sdk-metrics@3.1.1',
      '@opentelemetry/api@1.10.0',
    ],
    entries: ['@opentelemetry/instrumentation-openai', '@opentelemetry/sdk-trace', '@opentelemetry/sdk-metrics'],
  },
];
