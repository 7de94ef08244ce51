import type { EndpointKind, Operation } from '../endpoint/endpoint.ts';
import type { AnswerReader } from '../payloads/answer-reader.ts';
import type { BatchLine } from '../payloads/batch-lines.ts';
import type { RequestHints } from '../request/request-hints.ts';

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
  readonly operation: Operation;
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
  /** What the request says of whose it is, where somebody wants to know; let go of at the end. */
  hints: RequestHints | undefined;
  /** Guesses the input tokens of a stream's request, from what was kept of it while its body was at hand. */
  readonly requestTokens: (() => number) | undefined;
  readonly reader: Reader;
  streamed: boolean;
  status: number | undefined;
  requestId: string | undefined;
  /** OpenRouter names the answer in a header (`x-generation-id`), before its first byte. */
  generationId: string | undefined;
  /** LiteLLM's proxy names the cost in a header (`x-litellm-response-cost`), in USD. */
  reportedUsd: string | undefined;
  firstChunkAt: Date | undefined;
  endedAt: Date | undefined;
  outcome: AttemptOutcome | undefined;
  /** Bytes of the body seen. */
  bytes: number;
  /** True where the usage was read after the host had left. */
  drained: boolean;
  /** True where the usage was looked up at the provider afterwards. */
  recovered: boolean;
  /** What the listener keeps of it while it is open. */
  owner?: unknown;
}

/** What the meter is told of. None may throw. */
export interface AttemptListener<Reader extends AnswerReader> {
  started(attempt: Attempt<Reader>): void;
  /** It is over for the host, with this outcome, and its usage may still come: `ended` follows. */
  left(attempt: Attempt<Reader>, outcome: AttemptOutcome): void;
  ended(attempt: Attempt<Reader>): void;
  /** A file that is downloaded holds the result of a batch's call. */
  batchLine(attempt: Attempt<Reader>, line: BatchLine): void;
}
