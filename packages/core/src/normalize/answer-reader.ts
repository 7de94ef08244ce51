import { answerTextOf } from './answer-text.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { fullerReport } from './fuller-report.ts';
import { readResponseFacts } from './response-facts.ts';
import { isPartOfRun, readStoredObject } from './stored-object.ts';
import type { StoredObject } from './stored-object.ts';
import { readUsage } from './read-usage.ts';
import type { Tokenizer } from './safe-tokenizer.ts';
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

/** So much of the samples' text is kept for a tokenizer, in characters. */
const maxKeptChars = 1024;

/**
 * @param tokenizer - Counts the tokens of a text for an estimate, better than {@link estimateTokens}. With it, a little
 *   of the generated text is held until the answer ends.
 */
export function createAnswerReading(tokenizer?: Tokenizer): AnswerReading {
  let sampledTokens = 0;
  let sampledBytes = 0;
  let leadingBytes = 0;
  let samples: string[] | undefined;
  let keptChars = 0;

  // Plain members, not getters: an object literal with getters is made member by member, which took a short call longer
  // than all its counting.
  const reading: { -readonly [Member in keyof AnswerReading]: AnswerReading[Member] } = {
    report: undefined,
    hasUsage: false,
    isFinished: false,
    hasError: false,
    responseId: undefined,
    responseModel: undefined,
    serviceTier: undefined,
    object: undefined,
    see(payload) {
      const found = readStoredObject(payload);
      if (found !== undefined) reading.object = found;
      // Within a run only the run itself counts: its steps repeat parts of it, before it is over.
      const seen = isPartOfRun(payload) ? undefined : readUsage(payload);
      if (seen !== undefined) {
        reading.report = fullerReport(reading.report, seen);
        reading.hasUsage = true;
      }
      const facts = readResponseFacts(payload);
      reading.isFinished ||= facts.finished;
      reading.hasError ||= facts.errored;
      reading.responseId = found?.id ?? reading.responseId ?? facts.responseId;
      reading.responseModel ??= facts.responseModel;
      // The tier that was served may be named late, after one that was only asked for.
      reading.serviceTier = facts.serviceTier ?? reading.serviceTier;
    },
    sample(payload, bytes) {
      if (keptChars >= maxKeptChars) return;
      const text = answerTextOf(payload);
      // What comes before the first text comes once, and is no measure of the rest.
      if (text === '' && sampledBytes === 0) {
        leadingBytes += bytes;
        return;
      }
      sampledBytes += bytes;
      if (text === '') return;
      if (tokenizer === undefined || text.length > maxKeptChars) sampledTokens += Math.max(1, estimateTokens(text));
      else {
        (samples ??= []).push(text);
        keptChars += text.length;
      }
    },
    estimateOutputTokens(streamBytes) {
      if (tokenizer !== undefined) for (const text of samples ?? []) sampledTokens += Math.max(1, tokenizer(text));
      samples = undefined;
      if (sampledTokens === 0) return undefined;
      return Math.max(1, Math.round((sampledTokens / sampledBytes) * (streamBytes - leadingBytes)));
    },
  };
  return reading;
}
