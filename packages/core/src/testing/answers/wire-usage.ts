import { parseObject } from '../parse-object.ts';

/** What the usage object of an answer is: an object, or JSON text that goes on the wire letter by letter. */
export type UsageOverride = Readonly<Record<string, unknown>> | string;

/** Sums over the answers of a fake provider. */
export interface UsageSum {
  /** Answers with a usage object. */
  readonly calls: number;
  /** Sums of the counts that are finite numbers on the wire; other values add nothing. */
  readonly tokens: { readonly inputTokens: number; readonly outputTokens: number; readonly totalTokens: number };
}

/** The usage object of chat and legacy completions, with the details OpenAI sends. */
export function chatUsage(inputTokens: number, outputTokens: number): Readonly<Record<string, unknown>> {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** The usage object of the Responses API, with the details OpenAI sends. */
export function responsesUsage(inputTokens: number, outputTokens: number): Readonly<Record<string, unknown>> {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

/** The JSON text of a usage object: what a test wrote as text stays as it is. */
export function usageText(usage: UsageOverride): string {
  return typeof usage === 'string' ? usage : JSON.stringify(usage);
}

const placeholder = 'kilotoken:usage';

/** JSON text of an object whose `usage` member is given as text; `undefined` leaves the member out. */
export function jsonWithUsage(object: Readonly<Record<string, unknown>>, usage: string | undefined): string {
  if (usage === undefined) return JSON.stringify(object);
  return JSON.stringify({ ...object, usage: placeholder }).replace(`"${placeholder}"`, () => usage);
}

/** Sums usage objects, given as JSON text, in either spelling of OpenAI. */
export function sumUsage(usages: Iterable<string | undefined>): UsageSum {
  const sum = { calls: 0, tokens: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } };
  for (const text of usages) {
    const usage = parseObject(text);
    if (usage === undefined) continue;
    const inputTokens = numberOr(usage['prompt_tokens'] ?? usage['input_tokens'], 0);
    const outputTokens = numberOr(usage['completion_tokens'] ?? usage['output_tokens'], 0);
    sum.calls += 1;
    sum.tokens.inputTokens += inputTokens;
    sum.tokens.outputTokens += outputTokens;
    sum.tokens.totalTokens += numberOr(usage['total_tokens'], inputTokens + outputTokens);
  }
  return sum;
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}
