import type { UsageRecord } from '../recording/usage-record.ts';
import type { AttributesLike } from './meter-like.ts';

// The names of the OpenTelemetry semantic conventions for generative AI, version 1.41.0 (status: development), the last
// one published in open-telemetry/semantic-conventions:
// https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/gen-ai-metrics.md
// They go on in open-telemetry/semantic-conventions-genai, whose main branch, not released when we looked (2026-11-25),
// takes `gen_ai.client.token.usage` and `gen_ai.token.type` away in favour of one counter per kind of token
// (pull request 374). To be followed once released, as an option beside this.

/** Our names of providers, where the conventions have another; the rest are ours, which they allow. */
const providerNames: ReadonlyMap<string, string> = new Map([
  ['azure', 'azure.ai.openai'],
  ['google', 'gcp.gen_ai'],
  ['mistral', 'mistral_ai'],
  ['moonshotai', 'moonshot_ai'],
  ['x-ai', 'x_ai'],
]);

/** The same for operations. Responses are chat there. */
const operationNames: ReadonlyMap<string, string> = new Map([
  ['completions', 'text_completion'],
  ['responses', 'chat'],
]);

/** The standard attributes of one record; nobody's id is among them. */
export function genAiAttributes({ operation, provider, requestModel, responseModel }: UsageRecord): AttributesLike {
  return {
    'gen_ai.operation.name': operationNames.get(operation) ?? operation,
    'gen_ai.provider.name': providerNames.get(provider) ?? provider,
    ...(requestModel === undefined ? {} : { 'gen_ai.request.model': requestModel }),
    ...(responseModel === undefined ? {} : { 'gen_ai.response.model': responseModel }),
  };
}
