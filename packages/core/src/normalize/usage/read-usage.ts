import { isJsonObject } from '../../json-object.ts';
import type { JsonObject } from '../../json-object.ts';
import { readLlamacppTimings } from './llamacpp-timings.ts';
import { readOpenaiUsage } from './openai-usage.ts';
import { readOpenrouterGeneration } from './openrouter-generation.ts';
import { readCount } from './read-count.ts';
import type { TokenUsage } from '../token-usage.ts';
import type { UsageReport } from './usage-report.ts';

/**
 * Finds the usage report in one payload, a plain answer or a stream event, wherever providers put it. Never looks into
 * `delta`: what gateways nest there repeats what the payload itself reports.
 */
export function readUsage(payload: unknown): UsageReport | undefined {
  if (!isJsonObject(payload)) return undefined;
  const own = reportIn(payload);
  // A gateway may put zeros in its own place, and what its provider counted elsewhere.
  const report = isCounted(own) ? own : (reportInCarrier(payload) ?? own);
  if (report !== undefined) return withCachedBeside(report, payload);
  const { data, timings } = payload;
  if (isJsonObject(data) && 'native_tokens_prompt' in data)
    return reportOf(countsIn(data), readOpenrouterGeneration(data));
  return isJsonObject(timings) ? reportOf(timings, readLlamacppTimings(timings)) : undefined;
}

function isCounted(report: UsageReport | undefined): boolean {
  for (const count of Object.values(report?.tokens ?? {})) if (count > 0) return true;
  return false;
}

function reportIn(carrier: unknown): UsageReport | undefined {
  if (!isJsonObject(carrier)) return undefined;
  const { usage } = carrier;
  if (!isJsonObject(usage)) return undefined;
  return reportOf(usage, readOpenaiUsage(usage) ?? (hasFigures(usage) ? {} : undefined));
}

/** Images and speech may be counted in other units, or say only what they cost. A count of tokens that cannot be true is no such figure. */
function hasFigures(usage: JsonObject): boolean {
  return Object.entries(usage).some(
    ([name, value]) => typeof value === 'number' && value > 0 && !name.endsWith('_tokens'),
  );
}

/** The other places of a `usage` object, the likeliest first. */
function reportInCarrier({ x_groq, response, choices, data }: JsonObject): UsageReport | undefined {
  const first = reportIn(x_groq) ?? reportIn(response);
  if (first !== undefined) return first;
  for (const choice of Array.isArray(choices) ? (choices as unknown[]) : []) {
    const report = reportIn(choice);
    if (report !== undefined) return report;
  }
  return reportIn(data);
}

/** A generation is described by more than its usage: whose it was, among others, as the app called him. */
function countsIn(data: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => typeof value === 'number' || typeof value === 'boolean'),
  );
}

function reportOf(rawUsage: JsonObject, tokens: TokenUsage | undefined): UsageReport | undefined {
  return tokens === undefined ? undefined : { tokens, rawUsage };
}

/** Fireworks and llama.cpp may count cached tokens outside the usage object, the first one as text. */
function withCachedBeside(report: UsageReport, { perf_metrics, timings }: JsonObject): UsageReport {
  const { cacheReadInputTokens, inputTokens = 0 } = report.tokens;
  if (cacheReadInputTokens !== undefined) return report;
  const cached =
    (isJsonObject(perf_metrics) ? readCount(perf_metrics['cached-prompt-tokens']) : undefined) ??
    (isJsonObject(timings) ? readCount(timings['cache_n']) : undefined);
  if (cached === undefined || cached > inputTokens) return report;
  return { ...report, tokens: { ...report.tokens, cacheReadInputTokens: cached } };
}
