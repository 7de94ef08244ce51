import type { EndpointKind, EndpointOperation } from './endpoint.ts';

/**
 * Reads the payloads of one answer as they pass. The meter supplies it, so that capture knows bytes and endings but
 * not the meaning of what it sees.
 */
export interface AnswerReader {
  /** One parsed JSON value: a whole plain answer, or the data of one stream event. Seeing it twice changes nothing. */
  see(payload: unknown): void;
  /** One parsed event out of many, for the extrapolation of what a cut stream held. `bytes` is its share of the stream. */
  sample(payload: unknown, bytes: number): void;
  /** True once a usage report was seen. */
  readonly hasUsage: boolean;
  /** True once the answer said it is finished: what follows is bookkeeping, already generated. */
  readonly isFinished: boolean;
  /** True once the answer carried an error of its own. */
  readonly hasError: boolean;
}

/** How an attempt ended, see `UsageOutcome` of the record. */
export type AttemptOutcome = 'completed' | 'stopped' | 'failed' | 'refused' | 'unread';

/** One HTTP attempt under way: what the request said, and what has been seen of its answer. */
export interface Attempt<Reader extends AnswerReader = AnswerReader> {
  readonly id: string;
  readonly callId: string;
  /** Number within the call, from 1. */
  readonly number: number;
  readonly startedAt: Date;
  readonly provider: string;
  readonly operation: EndpointOperation;
  readonly kind: EndpointKind;
  /** Address without its query. */
  readonly url: string;
  /** Scheme, host and port of the provider. */
  readonly origin: string;
  /** The request asked for a Response that goes on without a connection. */
  readonly isBackground: boolean;
  readonly requestModel: string | undefined;
  /** The opaque handle of the turn the call belongs to. */
  readonly handle: string | undefined;
  /** A guess at the input tokens of a stream's request, made while its body is at hand. */
  readonly requestTokens: number | undefined;
  readonly reader: Reader;
  streamed: boolean;
  status: number | undefined;
  requestId: string | undefined;
  firstChunkAt: Date | undefined;
  endedAt: Date | undefined;
  outcome: AttemptOutcome | undefined;
  /** Bytes of the body seen. */
  bytes: number;
  /** True where the usage was read after the host had left. */
  drained: boolean;
}

/** What the meter is told of. Neither may throw. */
export interface AttemptListener<Reader extends AnswerReader> {
  started(attempt: Attempt<Reader>): void;
  ended(attempt: Attempt<Reader>): void;
}
