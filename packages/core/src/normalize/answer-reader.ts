import { answerTextOf } from './estimate/answer-text.ts';
import { estimateTokens } from './estimate/estimate-tokens.ts';
import { fullerReport } from './usage/fuller-report.ts';
import { isJsonObject } from '../json-object.ts';
import type { JsonObject } from '../json-object.ts';
import { readResponseFacts } from './response-facts.ts';
import { isPartOfRun, readStoredObject } from './stored-object.ts';
import type { StoredObject } from './stored-object.ts';
import { readUsage } from './usage/read-usage.ts';
import type { Tokenizer } from './estimate/safe-tokenizer.ts';
import type { UsageReport } from './usage/usage-report.ts';

/** Gathers what one answer says of itself, payload by payload. */
export interface AnswerReading {
  /** One parsed JSON value: a whole plain answer, or the data of one stream event. Seeing it twice changes nothing. */
  see(payload: unknown): void;
  /** One parsed event out of many, with its share of the stream's bytes: the basis of an estimate. */
  sample(payload: unknown, bytes: number): void;
  /** Names of the members, beside a usage report and an error, that may still say something new; `undefined` while anything may. */
  readonly openMembers: readonly string[] | undefined;
  /** The fullest usage report seen. */
  readonly report: UsageReport | undefined;
  /** A report said more than zeros. */
  readonly hasCounts: boolean;
  /** A report was seen that no later one will go beyond. */
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

const noMembers = [] as const;
const tierAlone = ['service_tier'] as const;

/** So much of the samples' text is kept for a tokenizer, in characters. */
const maxKeptChars = 1024;

/**
 * @param tokenizer - Counts the tokens of a text for an estimate, better than {@link estimateTokens}. With it, a little
 *   of the generated text is held until the answer ends.
 */
export function createAnswerReading(tokenizer?: Tokenizer): AnswerReading {
  return new Reading(tokenizer);
}

/** A class, for there is one of these per answer: closures made for each cost a short call more than all its counting. */
class Reading implements AnswerReading {
  report: UsageReport | undefined = undefined;
  hasCounts = false;
  hasUsage = false;
  isFinished = false;
  hasError = false;
  responseId: string | undefined = undefined;
  responseModel: string | undefined = undefined;
  serviceTier: string | undefined = undefined;
  object: StoredObject | undefined = undefined;
  private sampledTokens = 0;
  private sampledBytes = 0;
  private leadingBytes = 0;
  private samples: string[] | undefined = undefined;
  private keptChars = 0;
  private readonly tokenizer: Tokenizer | undefined;

  constructor(tokenizer: Tokenizer | undefined) {
    this.tokenizer = tokenizer;
  }

  see(payload: unknown): void {
    if (!isJsonObject(payload)) return;
    const found = readStoredObject(payload);
    if (found !== undefined) this.object = found;
    // Within a run only the run itself counts: its steps repeat parts of it, before it is over.
    const seen = isPartOfRun(payload) ? undefined : readUsage(payload);
    const facts = readResponseFacts(payload);
    this.isFinished ||= facts.finished;
    if (seen !== undefined) {
      this.report = fullerReport(this.report, seen);
      // Beside a piece of the answer it says what was generated so far, or nothing at all.
      const { totalTokens, audioSeconds = 0 } = seen.tokens;
      const counts = (totalTokens ?? audioSeconds) > 0;
      this.hasCounts ||= counts;
      this.hasUsage ||= facts.errored || (counts && (this.isFinished || !hasChoices(payload)));
    }
    this.hasError ||= facts.errored;
    this.responseId = found?.id ?? this.responseId ?? facts.responseId;
    this.responseModel ??= facts.responseModel;
    // The tier that was served may be named late, after one that was only asked for.
    this.serviceTier = facts.serviceTier ?? this.serviceTier;
  }

  get openMembers(): readonly string[] | undefined {
    // With its usage an answer is finished, and needs no estimate.
    if (!this.hasUsage || this.responseId === undefined || this.responseModel === undefined) return undefined;
    return this.serviceTier === undefined ? tierAlone : noMembers;
  }

  sample(payload: unknown, bytes: number): void {
    if (this.keptChars >= maxKeptChars) return;
    const text = answerTextOf(payload);
    // What comes before the first text comes once, and is no measure of the rest.
    if (text === '' && this.sampledBytes === 0) {
      this.leadingBytes += bytes;
      return;
    }
    this.sampledBytes += bytes;
    if (text === '') return;
    if (this.tokenizer === undefined || text.length > maxKeptChars)
      this.sampledTokens += Math.max(1, estimateTokens(text));
    else {
      (this.samples ??= []).push(text);
      this.keptChars += text.length;
    }
  }

  estimateOutputTokens(streamBytes: number): number | undefined {
    const { tokenizer, samples = [] } = this;
    if (tokenizer !== undefined) for (const text of samples) this.sampledTokens += Math.max(1, tokenizer(text));
    this.samples = undefined;
    if (this.sampledTokens === 0) return undefined;
    return Math.max(1, Math.round((this.sampledTokens / this.sampledBytes) * (streamBytes - this.leadingBytes)));
  }
}

function hasChoices({ choices }: JsonObject): boolean {
  return Array.isArray(choices) && choices.length > 0;
}
