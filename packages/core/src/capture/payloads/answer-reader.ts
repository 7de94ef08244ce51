/**
 * Reads the payloads of one answer as they pass. The meter supplies it, so that capture knows bytes and endings but
 * not the meaning of what it sees.
 */
export interface AnswerReader {
  /** One parsed JSON value: a whole plain answer, or the data of one stream event. Seeing it twice changes nothing. */
  see(payload: unknown): void;
  /** One parsed event out of many, for the extrapolation of what a cut stream held. `bytes` is its share of the stream. */
  sample(payload: unknown, bytes: number): void;
  /**
   * Names of the members, beside a usage report and an error, that may still say something new; `undefined` while
   * anything may. A payload without them need not be shown.
   */
  readonly openMembers: readonly string[] | undefined;
  /** True once a usage report said more than zeros. */
  readonly hasCounts: boolean;
  /** True once a usage report was seen that no later one will go beyond. */
  readonly hasUsage: boolean;
  /** True once the answer said it is finished: what follows is bookkeeping, already generated. */
  readonly isFinished: boolean;
  /** True once the answer carried an error of its own. */
  readonly hasError: boolean;
  /** Id of the answer, once it was seen. */
  readonly responseId: string | undefined;
}
