import type { UsageReport } from './usage-report.ts';

/**
 * Chooses between two reports of one answer. The larger total wins, then the one with more counts, then the later: this
 * settles cumulative reports (Perplexity, Gemini, vLLM), repeated ones (Groq) and all-zero ones before (Ollama) or after
 * (Cloudflare) the true one. Reports are never added up.
 */
export function fullerReport(earlier: UsageReport | undefined, later: UsageReport): UsageReport {
  if (earlier === undefined) return later;
  const difference = sizeOf(later) - sizeOf(earlier) || knownCounts(later) - knownCounts(earlier);
  return difference < 0 ? earlier : later;
}

function sizeOf({ tokens }: UsageReport): number {
  return tokens.totalTokens ?? tokens.audioSeconds ?? 0;
}

function knownCounts({ tokens }: UsageReport): number {
  return Object.keys(tokens).length;
}
