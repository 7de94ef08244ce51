import { answerTextOf } from './answer-text.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { fullerReport } from './fuller-report.ts';
import { readResponseFacts } from './response-facts.ts';
import { isPartOfRun, readStoredObject } from './stored-object.ts';
import type { StoredObject } from './stored-object.ts';
import { readUsage } from './read-usage.ts';
import type { UsageReport } from './usage-report.ts';

/** Gathers what one answer says of itself, payload by payload. */
export interface AnswerReading {
  /** One parsed JSON value: a whole plain answer, or the data of one stream event. Seeing it twice changes nothing. */
  see(payload: unknown): void;
  /** One parsed event out of many, with its share of the stream's bytes: the basis of an estimate. */
  sample(payload: unknown, bytes: number): void;
  /** The fullest usage report seen. */
  readonly report: UsageReport | undefined;
  readonly hasUsage: boolean;
  /** The answer said that it is finished. */
  readonly isFinished: boolean;
  /** The answer carried an error of its own. */
  readonly hasError: boolean;
  readonly responseId: string | undefined;
  readonly responseModel: string | undefined;
  readonly serviceTier: string | undefined;
  /** The Response or the run the answer is, as it was last seen. */
  readonly object: StoredObject | undefined;
  /**
   * Tokens of the generated text in a stream of so many bytes, extrapolated from the samples; `undefined` where no text
   * was seen. One event is at least one token.
   */
  estimateOutputTokens(streamBytes: number): number | undefined;
}

export function createAnswerReading(): AnswerReading {
  let report: UsageReport | undefined;
  let isFinished = false;
  let hasError = false;
  let responseId: string | undefined;
  let responseModel: string | undefined;
  let serviceTier: string | undefined;
  let object: StoredObject | undefined;
  let sampledTokens = 0;
  let sampledBytes = 0;

  return {
    see(payload) {
      const found = readStoredObject(payload);
      if (found !== undefined) object = found;
      // Within a run only the run itself counts: its steps repeat parts of it, before it is over.
      const seen = isPartOfRun(payload) ? undefined : readUsage(payload);
      if (seen !== undefined) report = fullerReport(report, seen);
      const facts = readResponseFacts(payload);
      isFinished ||= facts.finished;
      hasError ||= facts.errored;
      responseId = found?.id ?? responseId ?? facts.responseId;
      responseModel ??= facts.responseModel;
      // The tier that was served may be named late, after one that was only asked for.
      serviceTier = facts.serviceTier ?? serviceTier;
    },
    sample(payload, bytes) {
      const text = answerTextOf(payload);
      sampledBytes += bytes;
      if (text !== '') sampledTokens += Math.max(1, estimateTokens(text));
    },
    get report() {
      return report;
    },
    get hasUsage() {
      return report !== undefined;
    },
    get isFinished() {
      return isFinished;
    },
    get hasError() {
      return hasError;
    },
    get responseId() {
      return responseId;
    },
    get responseModel() {
      return responseModel;
    },
    get serviceTier() {
      return serviceTier;
    },
    get object() {
      return object;
    },
    estimateOutputTokens(streamBytes) {
      if (sampledTokens === 0) return undefined;
      return Math.max(1, Math.round((sampledTokens / sampledBytes) * streamBytes));
    },
  };
}
